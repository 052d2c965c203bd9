"""A suspicion depends on what was seen, not on the order in which it arrived (rules D-6, D-10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from schemas.finding import Finding
from streams.files.policy.loading import load_policy
from streams.rules.findings.suspicion import sighted, suspicion
from streams.rules.state.records import Problem
from tests.support.ledger import problem

POLICY = load_policy()
NEEDED = POLICY.limits.confirmation
START = datetime(2026, 3, 2, tzinfo=UTC)
EMPTY = problem("p", 1, status="suspected")._replace(suspicion_json=None)
SIGHTINGS = st.lists(st.tuples(st.integers(0, 3 * NEEDED.lapse_hours * 6), st.sampled_from("ab")), max_size=8)


def after(seen: list[tuple[int, str]]) -> Problem | None:
    """The problem after these sightings (ten minutes a step); None once confirmed."""
    state = EMPTY
    for step, source in seen:
        at = START + timedelta(minutes=10 * step)
        finding = Finding(asset_id="a", check="site.unreachable", observed_at=at, source=source)
        waiting = sighted(POLICY, state, finding)
        if waiting is None:
            return None
        state = state._replace(suspicion_json=waiting)
    return state


def confirmed(seen: list[tuple[int, str]]) -> bool:
    """The rule said in another way: a stretch without a gap has two sources, or three moments."""
    stretches: list[list[tuple[int, str]]] = [[]]
    ordered = sorted(seen)
    for before, one in pairwise([ordered[0], *ordered] if ordered else []):
        if one[0] - before[0] > NEEDED.lapse_hours * 6:
            stretches.append([])
        stretches[-1].append(one)
    return any(
        len({source for _, source in stretch}) >= NEEDED.sources
        or len({step for step, _ in stretch}) >= NEEDED.sightings
        for stretch in stretches
    )


@given(SIGHTINGS, st.randoms(use_true_random=False))
def test_any_order_ends_the_same(seen: list[tuple[int, str]], random: object) -> None:
    """Confirmed or not, and what is remembered."""
    other = list(seen)
    random.shuffle(other)  # type: ignore[attr-defined]
    assert after(seen) == after(other)


@given(SIGHTINGS)
def test_it_is_confirmed_within_a_stretch_only(seen: list[tuple[int, str]]) -> None:
    """Three spaced moments or two sources, with no longer silence between them than the lapse."""
    assert (after(seen) is None) is confirmed(seen)


def test_what_is_known_of_it() -> None:
    """How far it has come, and when it lapses; nothing after a proof of absence."""
    state = after([(0, "a"), (3 * NEEDED.lapse_hours * 6, "b"), (3 * NEEDED.lapse_hours * 6 + 1, "b")])
    assert state is not None
    known = suspicion(POLICY, state)
    assert known is not None
    last = START + timedelta(hours=3 * NEEDED.lapse_hours, minutes=10)
    assert (known.sightings, known.needed, known.sources) == (2, 3, ("b",))
    assert (known.first_at, known.last_at) == (last - timedelta(minutes=10), last)
    assert known.lapses_at == last + timedelta(hours=72)
    assert suspicion(POLICY, EMPTY) is None
