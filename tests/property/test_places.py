"""Places hold for any spelling: equivalent ones are one, normalising twice changes nothing, others stay others."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from schemas.places import HostPrefixes, IgnoredParameters, OneScheme, Places
from streams.rules.state.places import STANDARD, PlaceNormalizer

OWN = PlaceNormalizer(
    Places(
        ignored_parameters=(IgnoredParameters(names=("utm_*", "from")),),
        host_prefixes=HostPrefixes(prefixes=("www.", "m.")),
        one_scheme=OneScheme(on=True),
    )
)
ODD = "aZ0-._~!$&'()*+,;=:@/?#[]%\\ |\"<>^`{}\t\n政务。．Ａé\ue000sidutm_jsessionid()S"
ADDRESSES = st.one_of(
    st.text(ODD, max_size=30),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["http://", "HTTPS://", "//", "/", "x-y://"]),
        st.text(ODD, max_size=12),
        st.sampled_from(["", "/", "?", "#/"]),
        st.text(ODD, max_size=30),
    ),
    st.text(max_size=30),
)
SEGMENTS = st.lists(st.text("abAB09-._~政务公开 %+", min_size=1, max_size=6), min_size=1, max_size=4)
LABELS = st.lists(st.text("ab政务", min_size=1, max_size=5), min_size=2, max_size=3)


@given(ADDRESSES, st.sampled_from([STANDARD, OWN]))
def test_normalising_twice_changes_nothing(written: str, places: PlaceNormalizer) -> None:
    """Whatever it is: what came out goes in again unchanged, as a locator and as a cause."""
    one = places.one(written)
    assert places.one(one) == one
    assert places.cause(places.cause(written)) == places.cause(written)


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """Two spellings of one URL: each character escaped or not, in whatever case, with detours and a default port."""
    labels, segments = draw(LABELS), draw(SEGMENTS)
    query = draw(st.text("ab=&政+", max_size=8))

    def spelled(text: str) -> str:
        parts = []
        for sign in text:
            escaped = quote(sign, safe="") if sign in " %" or (sign != "+" and draw(st.booleans())) else sign
            if draw(st.booleans()) and sign.isascii() and sign.isalnum():
                escaped = f"%{ord(sign):02x}"
            parts.append(escaped.lower() if escaped.startswith("%") and draw(st.booleans()) else escaped)
        return "".join(parts)

    def written() -> str:
        dot = draw(st.sampled_from([".", "。", "．"]))
        host = dot.join(label.upper() if draw(st.booleans()) else label for label in labels)
        detour = draw(st.sampled_from(["", "/.", "/x/..", "/%2e", "/x/%2E%2e"]))
        path = "/".join(spelled(segment) if segment not in (".", "..") else "d" for segment in segments)
        asked = "".join(spelled(sign) if sign.isalnum() else sign for sign in query)
        end, port, fragment = (draw(st.sampled_from(some)) for some in (["", "."], ["", ":443", ":"], ["", "#top"]))
        return f"{draw(st.sampled_from(['https', 'HTTPS']))}://{host}{end}{port}{detour}/{path}?{asked}{fragment}"

    return written(), written()


@given(spellings())
def test_equivalent_spellings_are_one_place(pair: tuple[str, str]) -> None:
    """RFC 3986 6.2.2 and UTS 46: however two producers write one address."""
    one, other = pair
    assert STANDARD.one(one) == STANDARD.one(other)


@given(SEGMENTS, SEGMENTS, st.booleans())
def test_other_resources_stay_others(one: list[str], other: list[str], slash: bool) -> None:  # noqa: FBT001
    """Two lists of segments are one place exactly when they are equal; `%2F` is no slash, letter case counts."""
    first, second = (["d" if name in (".", "..") else name for name in names] for names in (one, other))
    written = ["https://a.cn/" + "/".join(quote(name, safe="") for name in names) for names in (first, second)]
    assert (STANDARD.one(written[0]) == STANDARD.one(written[1])) is (first == second)
    if slash and len(first) > 1:
        joined = "https://a.cn/" + "%2F".join(quote(name, safe="") for name in first)
        assert STANDARD.one(joined) != STANDARD.one(written[0])
