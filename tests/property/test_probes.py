"""Probes are a set: neither their order nor their repetition changes what they prove (V-4, V-5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.derivation import Probing
from streams.rules.evidence.probes import day_of, probed, window
from streams.rules.state.records import ProbeDay

START = datetime(2026, 3, 2, tzinfo=UTC)
PROBING = Probing(check="site.unreachable", days=2, per_day=2, minutes_apart=120, share=0.5, seconds=15)
Probe = tuple[int, bool]  # minutes after START, reached
PROBES = st.lists(st.tuples(st.integers(0, 4 * 1440 - 1), st.booleans()), max_size=40)


def days(probes: list[Probe]) -> dict[int, ProbeDay]:
    """The rows after these probes."""
    kept: dict[int, ProbeDay] = {}
    for minutes, reached in probes:
        at = START + timedelta(minutes=minutes)
        kept[day_of(at)] = probed(kept.get(day_of(at)), 1, PROBING, at, reached=reached)
    return kept


@given(PROBES, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(probes: list[Probe], random: object) -> None:
    """Any permutation with repeats proves the same."""
    again = probes * 2
    random.shuffle(again)  # type: ignore[attr-defined]
    assert days(again) == days(probes)
    assert window(PROBING, days(again).values()) == window(PROBING, days(probes).values())


@given(PROBES)
def test_the_share_is_what_counting_by_hand_gives(probes: list[Probe]) -> None:
    """Slots of two hours, the 24 up to the last probe; reached if any probe in the slot was."""
    last = max((minutes // 120 for minutes, _ in probes), default=0)
    slots: dict[int, bool] = {}
    for minutes, reached in probes:
        slot = minutes // 120
        if slot > last - 24:
            slots[slot] = slots.get(slot, False) or reached
    newer = sum(slot > last - 12 for slot in slots)
    enough = min(newer, len(slots) - newer) >= PROBING.per_day
    expected = (len(slots), sum(not reached for reached in slots.values()), enough)
    assert window(PROBING, days(probes).values())[:3] == expected
