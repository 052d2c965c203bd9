"""Identity holds for any producer's way of writing a place."""

from hypothesis import given
from hypothesis import strategies as st

from streams.rules.intake.fingerprint import identify, named
from streams.rules.state.places import STANDARD
from tests.support.ledger import problem

hosts = st.from_regex(r"[a-z0-9]{1,12}(\.[a-z]{2,8}){1,2}", fullmatch=True)
paths = st.from_regex(r"(/[A-Za-z0-9_.%-]{0,10}){0,4}", fullmatch=True)
columns = st.lists(st.text("互动交流调查征集abc 一二", min_size=1).filter(str.strip), min_size=1, max_size=4)
ids = st.text(min_size=1, max_size=20).filter(lambda text: "\x1f" not in text)


@given(st.one_of(st.builds("https://{}{}".format, hosts, paths), columns.map(">".join)))
def test_normalising_twice_changes_nothing(locator: str) -> None:
    """A locator that came out of us goes in again unchanged."""
    assert STANDARD.one(STANDARD.one(locator)) == STANDARD.one(locator)


@given(hosts, paths, st.sampled_from(["", "#a", "#top"]), st.booleans(), st.booleans())
def test_one_page_has_one_identity(host: str, path: str, fragment: str, port: bool, shout: bool) -> None:  # noqa: FBT001
    """However a crawler writes scheme, host, default port and fragment."""
    written = (
        f"{'HTTPS' if shout else 'https'}://{host.upper() if shout else host}{':443' if port else ''}{path}{fragment}"
    )
    assert identify("a", "link.dead", written) == identify("a", "link.dead", f"https://{host}{path}")


@given(columns, st.lists(st.sampled_from([">", " > ", "＞", " 》", "»", "›  "]), min_size=4, max_size=4))
def test_one_column_has_one_identity(names: list[str], signs: list[str]) -> None:
    """Whatever stands between the names of a column path."""
    written = names[0] + "".join(sign + name for sign, name in zip(signs, names[1:], strict=False))
    assert identify("a", "column.stale", written) == identify("a", "column.stale", ">".join(names))


@given(ids, ids, ids, ids)
def test_a_fingerprint_names_its_problem(asset_id: str, check: str, locator: str, word: str) -> None:
    """Who sends a fingerprint of ours back means exactly the problem that had it."""
    made = identify(asset_id, check, locator, word)
    assert len(made.key) == 16
    there = {made.key: problem("a", 1)._replace(key=made.key)}
    assert named(asset_id, made.fingerprint).among(there, 1) == made
    assert identify(asset_id, check, locator, word, made.fingerprint) == made
    assert named(asset_id, made.fingerprint).among(there, 2).key != made.key


@given(ids, ids, ids)
def test_other_assets_have_other_problems(one: str, other: str, fingerprint: str) -> None:
    """A producer's own fingerprint says nothing across assets."""
    assert (named(one, fingerprint).key == named(other, fingerprint).key) is (one == other)
