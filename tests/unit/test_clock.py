"""The one clock: real, or accelerated from a moment of choice."""

from datetime import UTC, datetime, timedelta

import pytest

from streams.clock import Acceleration, Clock, ClockError, parse_clock

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
START = datetime(2023, 2, 24, 1, tzinfo=UTC)
TEXT = "start=2023-02-24T09:00:00+08:00,rate=3600,at=2026-11-22T10:00:00Z"


def _clock(text: str, real: datetime) -> Clock:
    return Clock(parse_clock(text).acceleration, real=lambda: real)


@pytest.mark.parametrize("text", ["system", " System ", ""])
def test_the_system_clock_shows_the_real_time(text: str) -> None:
    """Both times are one, aware and UTC."""
    now = parse_clock(text).now()
    assert now.at == now.real
    assert now.at.tzinfo is UTC


def test_an_accelerated_clock_starts_where_it_is_told() -> None:
    """At `at` it shows `start`; one real second later it is an hour further."""
    assert _clock(TEXT, AT).now().at == START
    assert _clock(TEXT, AT + timedelta(seconds=1)).now().at == START + timedelta(hours=1)


def test_a_restart_does_not_go_back() -> None:
    """Two processes with one text show one time, whenever they started."""
    later = AT + timedelta(minutes=3)
    assert _clock(TEXT, later).now() == _clock(TEXT, later).now()
    assert _clock(TEXT, later).now().at == START + timedelta(hours=180)


def test_the_text_of_a_clock_reads_as_the_same_clock() -> None:
    """What one process writes, another reads."""
    acceleration = Acceleration(START, 12_000.0, AT)
    assert parse_clock(str(acceleration)).acceleration == acceleration


def test_real_seconds_until_a_moment() -> None:
    """A working day at 3,600 times takes 24 seconds; the past takes none."""
    clock = _clock(TEXT, AT)
    assert clock.real_seconds_until(START + timedelta(days=1)) == pytest.approx(24)
    assert clock.real_seconds_until(START - timedelta(days=1)) == 0


def test_the_demo_gives_the_missing_at() -> None:
    """Elsewhere `at` is required, or a restart would go back in time."""
    text = TEXT.rpartition(",")[0]
    assert parse_clock(text, at_default=AT).acceleration == Acceleration(START, 3600.0, AT)
    with pytest.raises(ClockError, match="`at` is missing"):
        parse_clock(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fast", "none of `start`, `rate` and `at`"),
        ("rate=3600", "`start` is missing"),
        ("start=2023-02-24T09:00:00+08:00", "`rate` is missing"),
        ("start=2023-02-24T09:00:00,rate=1,at=2026-11-22T10:00:00Z", "`start` '2023-02-24T09:00:00' is not a time"),
        ("start=yesterday,rate=1,at=2026-11-22T10:00:00Z", "`start` 'yesterday'"),
        ("start=2023-02-24T09:00:00+08:00,rate=0,at=2026-11-22T10:00:00Z", "`rate` '0'"),
        ("start=2023-02-24T09:00:00+08:00,rate=nan,at=2026-11-22T10:00:00Z", "`rate` 'nan'"),
        ("start=2023-02-24T09:00:00+08:00,rate=1,rate=2", "each once"),
    ],
)
def test_a_clock_that_cannot_be_read_says_why(text: str, said: str) -> None:
    """The sentence names the part."""
    with pytest.raises(ClockError, match=said):
        parse_clock(text, at_default=AT)
