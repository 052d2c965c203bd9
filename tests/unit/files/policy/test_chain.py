"""Packs that extend packs (P-1, P-2): what is repeated, what is taken away, and who is named when it is wrong."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from streams.files.faults import FileError
from streams.files.policy.loading import load_pack, load_policy, shipped_packs

DEFAULT = load_policy()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the packs of a test lie."""
    return tmp_path


def write(folder: Path, name: str, text: str = "", *, extends: str = "default") -> Path:
    """A pack with a proper head."""
    head = f"extends: {extends}\npack: {name}\nversion: 3\ntitle: 规则包{name}\n"
    path = folder / f"{name}.yaml"
    path.write_text(head + dedent(text), encoding="utf-8")
    return path


def refusals(path: Path) -> list[str]:
    """What is wrong, without the folder's name."""
    with pytest.raises(FileError) as caught:
        load_policy(path)
    return [str(fault).replace(f"{path.parent}/", "") for fault in caught.value.faults]


def test_a_city_over_its_province_over_the_nation(folder: Path) -> None:
    """Each repeats what differs; nothing of a head is inherited, so a pack that says no date has none."""
    write(
        folder,
        "province",
        """
        in_force: 2024-01-01
        source: 省政府办公厅通知
        checks:
          link.dead: {deadline: 2 working days}
          text.typo: {deadline: 2 working days}
        """,
    )
    city = load_pack(write(folder, "city", "checks: {text.typo: {severity: major}}\n", extends="./province.yaml"))
    policy = city.policy
    assert [pack.ref for pack in city.chain] == ["default@1", "province@3", "city@3"]
    assert (policy.rule("link.dead").deadline.amount, policy.rule("column.blank").deadline.amount) == (2, 5)
    assert (policy.rule("text.typo").deadline.amount, policy.rule("text.typo").severity) == (2, "major")
    assert (policy.in_force, policy.source) == (None, "")


def test_each_value_remembers_its_file(folder: Path) -> None:
    """`policy show` says where a value stands."""
    write(folder, "province", "checks:\n  link.dead: {deadline: 2 working days}\n")
    marks = load_pack(write(folder, "city", "limits:\n  relapse: {days: 7}\n", extends="province.yaml")).marks
    stands = [marks[path] for path in (("checks", "link.dead", "deadline"), ("limits", "relapse", "days"))]
    assert [(Path(mark.file).name, mark.line) for mark in stands] == [("province.yaml", 6), ("city.yaml", 6)]
    assert marks["checks", "link.dead", "name"].file == "default.yaml"


def test_null_takes_away_what_can_be_missing(folder: Path) -> None:
    """A veto, a deduction, a guarded amount, a longest extension, a discriminator, a derived problem."""
    policy = load_policy(
        write(
            folder,
            "ours",
            """
            checks:
              link.dark: {veto: null, guarded: null}
              link.dead: {deduction: null, discriminator: null}
              message.unanswered: {extend_to: null}
            derived: {veto.columns_blank: null}
            """,
        )
    )
    dark, dead = policy.rule("link.dark"), policy.rule("link.dead")
    assert (dark.veto, dark.guarded, dark.deadline.amount) == (None, None, 4)
    assert (dead.deduction, dead.discriminator) == (None, None)
    assert policy.rule("message.unanswered").extend_to is None
    assert set(DEFAULT.derived) - set(policy.derived) == {"veto.columns_blank"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("checks: {link.dead: {deadline: null}}", "ours.yaml:5: checks.link.dead.deadline: "),
        ("checks: {link.dead: null}", "ours.yaml:5: checks.link.dead: "),
        ("limits: {relapse: null}", "ours.yaml:5: limits.relapse: "),
        ("ladder: null", "ours.yaml:5: ladder: "),
        ("checks: null", "ours.yaml:5: checks: "),
    ],
)
def test_what_must_be_there_cannot_be_taken_away(folder: Path, text: str, expected: str) -> None:
    """A deadline, a limit, the ladder."""
    (refusal,) = refusals(write(folder, "ours", text))
    assert refusal.startswith(expected)
    assert refusal.endswith("null cannot take it away")


def test_a_variant_is_known_by_its_case(folder: Path) -> None:
    """Same `when`: the keys that are named change, in its place. Another one comes first; null takes one away."""
    policy = load_policy(
        write(
            folder,
            "ours",
            """
            checks:
              column.stale:
                variants:
                  - when: {column_kind: [policy, interpretation]}
                    deadline: 3 working days
                  - {when: {column_kind: statistics}, deadline: null}
                  - {when: {column_kind: news, home_page: true}, deadline: 2 hours}
              link.dead: {variants: []}
            """,
        )
    )
    stale, before = policy.rule("column.stale"), DEFAULT.rule("column.stale")
    assert [dict(variant.when) for variant in stale.variants] == [
        {"column_kind": "news", "home_page": True},
        *({"column_kind": kind} for kind in ("news", ("policy", "interpretation"), "notice", "messages")),
    ]
    assert stale.variants[2].deadline.amount == 3
    assert stale.variants[2].deduction == before.variants[1].deduction
    assert policy.rule("link.dead").variants == ()
    assert len(before.variants) == 5


def test_a_variant_of_ones_own_needs_a_deadline(folder: Path) -> None:
    """There is none below that could have it."""
    text = "checks:\n  link.dead:\n    variants:\n      - {when: {deep: true}, severity: major}\n"
    assert refusals(write(folder, "ours", text)) == [
        "ours.yaml:8: checks.link.dead.variants.0.deadline: this key is missing",
        (
            "ours.yaml:8: checks.link.dead.variants.0.severity: unknown key; expected one of deadline, guarded, "
            "extend_to, lines, deduction, when"
        ),
    ]


def test_a_fault_is_named_in_the_file_that_has_it(folder: Path) -> None:
    """The city's pack is asked for, the province's is wrong; and the other way round, with the line of each."""
    write(folder, "province", "limits:\n  relapse: {days: 30}\nchecks:\n  link.dead: {severity: high}\n")
    city = write(folder, "city", "limits: {relapse: {days: 7}}\n", extends="province.yaml")
    assert refusals(city) == [
        "province.yaml:8: checks.link.dead.severity: Input should be 'critical', 'major' or 'minor', not 'high'"
    ]
    write(folder, "province", "checks:\n  link.dead:\n    variants: [{when: {deep: true}, deadline: 2 hours}]\n")
    write(folder, "city", "checks:\n  link.dead:\n    deadline: soon\n", extends="province.yaml")
    (refusal,) = refusals(city)
    assert refusal.startswith("city.yaml:7: checks.link.dead.deadline: 'soon' is no amount of time")


@pytest.mark.parametrize(
    ("text", "path", "holds"),
    [
        ("checks: {link.dead: {verify: {by: person}}}", "checks.link.dead.verify", "one observation of absence"),
        ("guarded: {shorten: true}", "guarded.shorten", "keeps its deadline"),
        ("guarded: {ladder: []}", "guarded.ladder", "the pack's own `ladder`"),
        ("limits: {recheck_before_due: true}", "limits.recheck_before_due", "a unit's claim asks for a recheck"),
        ("limits: {transfer: {restart: true}}", "limits.transfer", "a person may extend it"),
    ],
)
def test_an_option_that_is_gone_says_what_holds_instead(folder: Path, text: str, path: str, holds: str) -> None:
    """P-2: a pack of an earlier version is not told a list of keys."""
    (refusal,) = refusals(write(folder, "ours", text))
    assert refusal.startswith(f"ours.yaml:5: {path}: there is no such option any more: ")
    assert holds in refusal


def test_a_circle_is_refused(folder: Path) -> None:
    """With the way around it."""
    write(folder, "a", extends="b.yaml")
    write(folder, "b", extends="sub/../c.yaml")
    (folder / "sub").mkdir()
    write(folder, "c", extends="a.yaml")
    (refusal,) = refusals(folder / "a.yaml")
    assert refusal == (
        "sub/../c.yaml:1: extends: packs that extend each other in a circle: "
        "a.yaml → b.yaml → sub/../c.yaml → sub/../a.yaml"
    )
    write(folder, "self", extends="self.yaml")
    assert "self.yaml:1: extends: packs that extend each other in a circle" in refusals(folder / "self.yaml")[0]


def test_a_missing_base_is_said_where_it_is_named(folder: Path) -> None:
    """By the line of `extends`, with what was expected and where it was looked for."""
    (refusal,) = refusals(write(folder, "city", extends="../province.yaml"))
    assert refusal.startswith(f"city.yaml:1: extends: expected one of the built-in packs {', '.join(shipped_packs())}")
    assert refusal.endswith("there is no file ../province.yaml")
    (refusal,) = refusals(write(folder, "city", extends="[a]"))
    assert refusal.endswith("not ['a']")


@pytest.mark.parametrize("name", ["wuxi", "province"])
def test_a_name_is_given_once(folder: Path, name: str) -> None:
    """Tickets name the pack by it."""
    write(folder, "province")
    text = f"extends: province.yaml\npack: {name}\nversion: 1\ntitle: 本市\n"
    (folder / "city.yaml").write_text(text, encoding="utf-8")
    (refusal,) = refusals(folder / "city.yaml")
    assert refusal.startswith("city.yaml:2: pack: this is the name of a")


def test_a_shipped_pack_goes_by_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the settings and as a base; a name that nobody knows is told the names there are."""
    monkeypatch.chdir(folder)
    assert load_policy("wuxi") is load_policy(Path("wuxi"))
    assert load_policy(write(folder, "ours", extends="wuxi")).rule("account.stale").veto is None
    with pytest.raises(FileError, match=r"^wuxii:0: .*no built-in pack: one of the built-in packs default, "):
        load_policy("wuxii")
