"""Dates that people read, and text from strangers."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifiers.text import clean, shorten, shorten_middle
from streams.presentation.dates import between, long_due, moment, short_due, time_left

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2023, 3, 3, 1, 0, tzinfo=UTC)


def test_a_deadline_at_the_end_of_a_day_is_that_day() -> None:
    """Nobody reads 23:59:59; the day belongs to the unit's zone."""
    due = datetime(2023, 3, 6, 15, 59, 59, tzinfo=UTC)
    assert long_due(due, SHANGHAI) == "2023年3月6日（周一）前（含当日）"
    assert short_due(due, AT, SHANGHAI) == "3月6日（周一）"


def test_a_deadline_in_hours_is_a_time() -> None:
    """A deadline in the middle of a day says when."""
    due = datetime(2023, 3, 4, 15, 5, tzinfo=UTC)
    assert long_due(due, SHANGHAI) == "2023年3月4日（周六）23:05前"
    assert short_due(due, AT, SHANGHAI) == "3月4日（周六）23:05"


def test_another_year_is_named() -> None:
    """A short date keeps its year when it is not this one's."""
    due = datetime(2024, 1, 2, 15, 59, 59, tzinfo=UTC)
    assert short_due(due, AT, SHANGHAI) == "2024年1月2日（周二）"


def test_a_zone_decides_the_day() -> None:
    """The same moment is another day in another zone."""
    due = datetime(2023, 3, 6, 17, 0, tzinfo=UTC)
    assert short_due(due, AT, SHANGHAI) == "3月7日（周二）01:00"
    assert short_due(due, AT, ZoneInfo("Asia/Urumqi")) == "3月6日（周一）23:00"


def test_times_come_as_text_or_datetime() -> None:
    """Both forms of a time mean the same; none is none."""
    assert moment("2023-03-03T09:00:00+08:00") == moment("2023-03-03T01:00:00Z") == moment(AT) == AT
    assert moment(None) is None


def test_a_time_without_offset_is_refused() -> None:
    """It would be some hours wrong and nobody would see."""
    with pytest.raises(ValueError, match="offset"):
        moment("2023-03-03T09:00:00")


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("a\r\nBcc: x", "a Bcc: x"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("\x00a\x1b[31mb\x7f", "a [31mb"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\ud800b", "a b"),
        ("  a \t b  ", "a b"),
        ("{{ 7*7 }}<b>", "{{ 7*7 }}<b>"),
        (None, ""),
        (7, "7"),
    ],
)
def test_text_from_strangers(raw: object, safe: str) -> None:
    """One line, nothing that steers a terminal, a header or the reading direction; the rest is left as it is."""
    assert clean(raw) == safe


def test_shortening() -> None:
    """What is left out leaves a mark, and nothing gets longer than was asked."""
    assert shorten("咸宁市科学技术局", 8) == "咸宁市科学技术局"
    assert shorten("咸宁市科学技术局", 5) == "咸宁市科…"
    assert shorten_middle("https://a.cn/very/long/page.html", 15) == "https:/…ge.html"
    assert all(len(shorten_middle("x" * 50, limit)) == limit for limit in range(1, 50))


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (-2_100, "已逾期约35小时"),
        (-30, "已逾期约30分钟"),
        (1, "剩余约1分钟"),
        (35, "剩余约35分钟"),
        (60, "剩余约1小时"),
        (170, "剩余约3小时"),
        (4_000, "剩余2个工作日"),
    ],
)
def test_time_left_in_clock_hours(minutes: int, words: str) -> None:
    """Minutes within the hour, hours within two days, then working days; before the deadline and after it."""
    assert time_left(AT + timedelta(minutes=minutes), AT, SHANGHAI, days=2, hourly=True) == words


def test_one_moment_is_one_moment() -> None:
    """Seen once is seen at a moment, not from it to itself."""
    assert between("09:30", "09:30") == "09:30"
    assert between("09:30", "10:00") == "09:30 至 10:00"
