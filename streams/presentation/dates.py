"""Dates and times as people read them: weekday, day, due, time left, from when to when. Pure."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

OVERDUE = "已逾期"  # also `labels.OVERDUE`, for the templates
MINUTES_SHOWN = 60  # from here on, hours do
HOURS_SHOWN = 48  # from here on, days do
DUE_TODAY = "今日到期"
_LEFT = "剩余"
_WEEKDAYS = "一二三四五六日"
_END_OF_DAY = (23, 59)
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)


def local(moment: datetime | str | None, zone: ZoneInfo, pattern: str = "%Y-%m-%d %H:%M") -> str:
    """The moment as people read it, in the unit's zone."""
    if moment is None:
        return ""
    aware = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return aware.astimezone(zone).strftime(pattern)


def moment(value: object) -> datetime | None:
    """Read a datetime, or one in RFC 3339 text; None if there is none.

    Raises:
        ValueError: it is neither, or has no offset.
    """
    if not value:
        return None
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise ValueError("a time needs an offset")
    return at


def weekday(number: int) -> str:
    """`周一` for 0, as `date.weekday` counts."""
    return f"周{_WEEKDAYS[number]}"


def written_day(that: date) -> str:
    """`2023年3月6日`, as official documents write it."""
    return f"{that.year}年{that.month}月{that.day}日"


def day(at: datetime, zone: ZoneInfo) -> str:
    """`2023年3月6日（周一）`."""
    local = at.astimezone(zone)
    return f"{written_day(local)}{_in_brackets(local)}"


def long_moment(at: datetime, zone: ZoneInfo) -> str:
    """`2023年3月6日（周一）17:30`."""
    return f"{day(at, zone)}{at.astimezone(zone):%H:%M}"


def long_due(due: datetime, zone: ZoneInfo) -> str:
    """Write a deadline: the whole day where it ends with the day, else to the minute."""
    return f"{day(due, zone)}前（含当日）" if ends_with_day(due, zone) else f"{long_moment(due, zone)}前"


def day_or_moment(at: datetime, zone: ZoneInfo) -> str:
    """The day where it ends with that, otherwise the moment."""
    return day(at, zone) if ends_with_day(at, zone) else long_moment(at, zone)


def short_due(due: datetime, at: datetime, zone: ZoneInfo) -> str:
    """`3月6日（周一）` or `3月6日（周一）17:30`; with the year when it is not this one."""
    local = due.astimezone(zone)
    clock = "" if ends_with_day(due, zone) else f"{local:%H:%M}"
    return f"{short_day(local.date(), at.astimezone(zone).date())}{clock}"


def short_day(that: date, today: date) -> str:
    """`3月6日（周一）`; with the year when it is not this one."""
    return f"{plain_day(that, today)}{_in_brackets(that)}"


def plain_day(that: date, today: date) -> str:
    """`3月6日`; with the year when it is not this one."""
    year = "" if that.year == today.year else f"{that.year}年"
    return f"{year}{that.month}月{that.day}日"


def listed_day(that: date) -> str:
    """`2023-03-06（周一）`, in lists."""
    return f"{that:%Y-%m-%d}{_in_brackets(that)}"


def listed_due(due: datetime, at: datetime, zone: ZoneInfo) -> str:
    """`03-06` or `03-06 17:30`, in lists; with the year when it is not this one."""
    local = due.astimezone(zone)
    year = "" if local.year == at.astimezone(zone).year else f"{local:%Y}-"
    return f"{year}{local:%m-%d}" if ends_with_day(due, zone) else f"{year}{local:%m-%d %H:%M}"


def listed_until(due: datetime, zone: ZoneInfo) -> str:
    """`2023-03-06（周一）`, or `2023-03-06 17:30` where it does not end with its day, in sentences."""
    return listed_day(due.astimezone(zone).date()) if ends_with_day(due, zone) else local(due, zone)


def between(first: str, last: str) -> str:
    """`2023-03-06 09:30 至 2023-03-08 09:30`; one of them where they are the same."""
    return first if first == last else f"{first} 至 {last}"


def time_left(due_at: datetime, at: datetime, zone: ZoneInfo, *, days: int | None, hourly: bool) -> str:
    """`剩余2个工作日`, `今日到期`, `已逾期3个工作日`; near a deadline in clock hours `剩余约3小时`; empty if not known.

    `days`: working days after today up to the due day, negative once it is overdue.
    """
    if due_at < at:
        return time_over(at - due_at, days=-days if days is not None else None, hourly=hourly)
    if hourly and (roughly := _roughly(due_at - at)):
        return f"{_LEFT}{roughly}"
    if due_at.astimezone(zone).date() == at.astimezone(zone).date():
        return DUE_TODAY
    return f"{_LEFT}{days}个工作日" if days is not None and days > 0 else ""


def time_over(late: timedelta, *, days: int | None, hourly: bool) -> str:
    """`已逾期3个工作日`; soon after a deadline in clock hours `已逾期约3小时`; `已逾期` where no more is known.

    `days`: working days after the due day.
    """
    if hourly and (roughly := _roughly(late)):
        return f"{OVERDUE}{roughly}"
    return f"{OVERDUE}{days}个工作日" if days is not None and days > 0 else OVERDUE


def _roughly(span: timedelta) -> str:
    """`约35分钟`, `约3小时`; empty from two days on."""
    minutes, hours = round(span / _MINUTE), round(span / _HOUR)
    if minutes < MINUTES_SHOWN:
        return f"约{max(minutes, 1)}分钟"
    return f"约{hours}小时" if hours < HOURS_SHOWN else ""


def ends_with_day(due: datetime, zone: ZoneInfo) -> bool:
    """Whether a deadline is the whole of its day."""
    local = due.astimezone(zone)
    return (local.hour, local.minute) == _END_OF_DAY


def _in_brackets(that: date) -> str:
    return f"（{weekday(that.weekday())}）"
