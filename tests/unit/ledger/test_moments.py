"""Moments survive the way to the database and back, to the microsecond."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from streams.ledger.moments import EPOCH, from_micros, maybe_micros, to_micros

LAST = to_micros(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
MOMENTS = st.integers(min_value=0, max_value=LAST).map(lambda micros: EPOCH + timedelta(microseconds=micros))


@given(MOMENTS)
def test_a_moment_comes_back_exactly(moment: datetime) -> None:
    """No moment between 1970 and 9999 loses a microsecond."""
    assert from_micros(to_micros(moment)) == moment


@given(st.integers(min_value=0, max_value=2**33 * 1_000_000))
def test_every_microsecond_is_told_apart(micros: int) -> None:
    """Around 2106, where floats of seconds become too coarse, nothing is rounded."""
    assert from_micros(micros) == EPOCH + timedelta(microseconds=micros)


@given(MOMENTS, st.integers(min_value=-14 * 60, max_value=14 * 60))
def test_the_zone_does_not_matter(moment: datetime, minutes: int) -> None:
    """The same moment in another zone is the same number."""
    zone = timezone(timedelta(minutes=minutes))
    if moment < datetime(9999, 12, 30, tzinfo=UTC) and moment > EPOCH + timedelta(days=1):
        assert to_micros(moment.astimezone(zone)) == to_micros(moment)


def test_what_is_read_is_utc() -> None:
    """Times leave the ledger aware and in UTC."""
    assert from_micros(0).tzinfo is UTC


def test_no_moment_stays_none() -> None:
    """None is stored as null."""
    assert maybe_micros(None) is None
