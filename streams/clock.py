"""The one clock: nothing else reads the time of day (ruff's banned-api holds everybody to it).

The domain's clock is the system's, or for demos and acceptance tests one that runs faster from a moment of choice:
`start=2023-02-24T09:00:00+08:00,rate=3600,at=2026-11-22T10:00:00Z` showed `start` at the real time `at`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from streams.rules.state.snapshot import Now

SYSTEM: Final = "system"
MAX_RATE: Final = 1_000_000.0
FORM: Final = "start=2023-02-24T09:00:00+08:00,rate=3600,at=2026-11-22T10:00:00Z"
_LONGEST_WAIT: Final = timedelta(days=366)  # nobody sleeps longer without looking again


class ClockError(ValueError):
    """A `RECTIFY_CLOCK` that cannot be used; the text says why."""


def system_time() -> datetime:
    """The real time, aware, UTC."""
    return datetime.now(UTC)


def steady_seconds() -> float:
    """Seconds from somewhere, that go on while the machine sleeps, where the system can tell."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Acceleration:
    """The clock shows `start` at the real time `at`, and from there runs `rate` times as fast."""

    start: datetime
    rate: float
    at: datetime

    def __str__(self) -> str:
        """As `RECTIFY_CLOCK` is written, so that other processes can share the clock."""
        return f"start={self.start.isoformat()},rate={self.rate:g},at={self.at.isoformat()}"


class Clock:
    """The domain's time and the real one. `real` is the source of the real time."""

    def __init__(self, acceleration: Acceleration | None = None, *, real: Callable[[], datetime] = system_time) -> None:
        self.acceleration = acceleration
        self._real = real

    @property
    def rate(self) -> float:
        """How many domain seconds pass in one real second."""
        return self.acceleration.rate if self.acceleration else 1.0

    def now(self) -> Now:
        """Both times, read at once."""
        real = self._real()
        return Now(at=self.domain(real), real=real)

    def domain(self, real: datetime) -> datetime:
        """What the domain's clock shows at a real time."""
        if self.acceleration is None:
            return real
        fast = self.acceleration
        return (fast.start + (real - fast.at) * fast.rate).astimezone(UTC)

    def real_seconds_until(self, moment: datetime) -> float:
        """Real seconds until the domain's clock shows `moment`; 0 when it has passed, a year at most."""
        now = self.now().at
        left = min(max(moment - now, timedelta()), _LONGEST_WAIT * self.rate)
        return left.total_seconds() / self.rate


def parse_clock(text: str, *, at_default: datetime | None = None) -> Clock:
    """Reads `RECTIFY_CLOCK`. `at_default` stands in for a missing `at`: the demo gives the real time of its start.

    Raises:
        ClockError: what is wrong, and how it is written.
    """
    if text.strip().lower() in {"", SYSTEM}:
        return Clock()
    parts = _parts(text)
    at = _moment("at", parts["at"]) if "at" in parts else at_default
    if at is None:
        msg = f"`at` is missing: without it a restart would go back in time; write {FORM}"
        raise ClockError(msg)
    start = _moment("start", parts["start"])
    return Clock(Acceleration(start, _rate(parts["rate"]), at.astimezone(UTC)))


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals or name not in {"start", "rate", "at"} or name in parts:
            msg = f"{part.strip()!r} is none of `start`, `rate` and `at`, each once; write {SYSTEM!r} or {FORM}"
            raise ClockError(msg)
        parts[name] = value.strip()
    missing = {"start", "rate"} - parts.keys()
    if missing:
        msg = f"`{min(missing)}` is missing; write {FORM}"
        raise ClockError(msg)
    return parts


def _moment(name: str, text: str) -> datetime:
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    msg = f"`{name}` {text!r} is not a time with an offset, such as 2023-02-24T09:00:00+08:00"
    raise ClockError(msg)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= MAX_RATE:
        msg = f"`rate` {text!r} is not a number above 0 and up to {MAX_RATE:,.0f}"
        raise ClockError(msg)
    return rate
