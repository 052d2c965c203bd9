"""Probes: how often a site could not be reached over a week (rules V-4, V-5).

V-4  A run that covers the check is a probe, as of its evidence; probes in one slot of the pack's minutes are one, which
     got through if any of them did. A page that came within the pack's seconds got through, whatever was reported.
V-5  Too many of the probes of the week up to the last one failed, with enough of them in each of its 24 hours: the
     derived problem; enough of them, and fewer failed: none. Too few probes prove neither. While the week has a
     failure it is looked at again at the pace of the probes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from schemas.derivation import Probing
from schemas.evidence import number
from streams.rules.state.records import ProbeDay

_DAY: Final = timedelta(days=1)
_MINUTES: Final = 1440


class ProbeWindow(NamedTuple):
    """Spaced probes of a window, how many of them failed, and whether each of its 24 hours has enough of them."""

    probes: int
    failed: int
    enough: bool
    failed_at: datetime | None = None  # the first that failed


def got_through(probing: Probing, evidence: Mapping[str, Any]) -> bool:
    """Whether a finding says itself that the page came in time (V-4)."""
    seconds = number(evidence.get("response_seconds"))
    return seconds is not None and 0 <= seconds <= probing.seconds


def day_of(at: datetime) -> int:
    """Days since 1970, UTC: the row that holds a probe."""
    return int(at.timestamp()) // int(_DAY.total_seconds())


def window_days(probing: Probing, at: datetime) -> range:
    """The rows that a window which ends at `at` touches."""
    return range(day_of(at) - probing.days, day_of(at) + 1)


def probed(known: ProbeDay | None, asset_pk: int, probing: Probing, at: datetime, *, reached: bool) -> ProbeDay:
    """The day with one more probe; the same one twice, or in another order, changes nothing."""
    day = known or ProbeDay(asset_pk, day_of(at), "0", "0")
    bit = 1 << (_slot(probing, at) % _per_day(probing))
    got = int(day.reached, 16) | (bit if reached else 0)
    return day._replace(probed=f"{int(day.probed, 16) | bit:x}", reached=f"{got:x}")


def window(probing: Probing, days: Iterable[ProbeDay]) -> ProbeWindow:
    """What the probes of the window that ends with the last of them add up to (V-5)."""
    size = _per_day(probing)
    slots = dict(slot for day in days for slot in _slots(day, size))
    last = max(slots, default=0)
    probes, failed = [0] * probing.days, []
    for slot, reached in slots.items():
        age = last - slot
        if age < probing.days * size:
            probes[age // size] += 1
            if not reached:
                failed.append(slot)
    first = datetime.fromtimestamp(min(failed) * probing.minutes_apart * 60, UTC) if failed else None
    return ProbeWindow(sum(probes), len(failed), min(probes) >= probing.per_day, first)


def _slots(day: ProbeDay, size: int) -> Iterator[tuple[int, bool]]:
    """The slots of a day in which somebody tried, counted from 1970, and whether anybody got through."""
    tried, reached = int(day.probed, 16), int(day.reached, 16)
    while tried:
        bit = tried & -tried
        tried ^= bit
        yield day.day * size + bit.bit_length() - 1, bool(reached & bit)


def pace(probing: Probing) -> timedelta:
    """How far apart probes may be, so that there are just enough of them."""
    return _DAY / probing.per_day


def _per_day(probing: Probing) -> int:
    return _MINUTES // probing.minutes_apart


def _slot(probing: Probing, at: datetime) -> int:
    """Slots since 1970."""
    return int(at.timestamp()) // (probing.minutes_apart * 60)
