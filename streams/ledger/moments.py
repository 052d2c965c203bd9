"""Moments as the database keeps them: microseconds since 1970 UTC, exact in both directions.

Cached: the rows of a batch share most of their moments (opened in one batch, due at the end of the same day).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_EXACT_AS_FLOAT: Final = 2**32 * 1_000_000  # below (year 2106) a float of seconds still tells microseconds apart

_from_timestamp = datetime.fromtimestamp


@lru_cache(maxsize=16_384)
def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    return (moment - EPOCH) // _MICROSECOND


@lru_cache(maxsize=16_384)
def from_micros(micros: int) -> datetime:
    """The aware UTC time; a third faster than adding a timedelta where a float is exact."""
    if 0 <= micros < _EXACT_AS_FLOAT:
        return _from_timestamp(micros / 1_000_000, UTC)
    return EPOCH + timedelta(0, 0, micros)


def maybe_micros(moment: datetime | None) -> int | None:
    """Like `to_micros`; None stays None."""
    return None if moment is None else to_micros(moment)
