"""Dates and times as people read them: day, due, time left. Pure."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

OVERDUE = "已逾期"  # also `labels.OVERDUE`, for the templates
HOURS_SHOWN = 48  # beyond, days say more
_WEEKDAYS = "一二三四五六日"
_END_OF_DAY = (23, 59)


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


def day(at: datetime, zone: ZoneInfo) -> str:
    """`2023年3月6日（周一）`."""
    local = at.astimezone(zone)
    return f"{local.year}年{local.month}月{local.day}日（周{_WEEKDAYS[local.weekday()]}）"


def long_moment(at: datetime, zone: ZoneInfo) -> str:
    """`2023年3月6日（周一）17:30`."""
    return f"{day(at, zone)}{at.astimezone(zone):%H:%M}"


def long_due(due: datetime, zone: ZoneInfo) -> str:
    """Write a deadline: the whole day where it ends with the day, else to the minute."""
    return f"{day(due, zone)}前（含当日）" if ends_with_day(due, zone) else f"{long_moment(due, zone)}前"


def short_due(due: datetime, at: datetime, zone: ZoneInfo) -> str:
    """`3月6日(周一)` or `3月6日(周一)17:30`; with the year when it is not this one."""
    local = due.astimezone(zone)
    clock = "" if ends_with_day(due, zone) else f"{local:%H:%M}"
    return f"{short_day(local.date(), at.astimezone(zone).date())}{clock}"


def short_day(that: date, today: date) -> str:
    """`3月6日(周一)`; with the year when it is not this one."""
    year = "" if that.year == today.year else f"{that.year}年"
    return f"{year}{that.month}月{that.day}日(周{_WEEKDAYS[that.weekday()]})"


def time_left(due_at: datetime, at: datetime, zone: ZoneInfo, *, days: int | None, hourly: bool) -> str:
    """`剩余2个工作日`, `今日到期`, `已逾期3个工作日`; near a deadline in clock hours `剩余约3小时`; empty if not known.

    `days`: working days after today up to the due day, negative once it is overdue.
    """
    overdue = due_at < at
    hours = round(abs(due_at - at) / timedelta(hours=1))
    if hourly and 0 < hours < HOURS_SHOWN:
        return f"{OVERDUE if overdue else '剩余'}约{hours}小时"
    if overdue:
        return f"{OVERDUE}{-days}个工作日" if days is not None and days < 0 else OVERDUE
    if due_at.astimezone(zone).date() == at.astimezone(zone).date():
        return "今日到期"
    return f"剩余{days}个工作日" if days is not None and days > 0 else ""


def ends_with_day(due: datetime, zone: ZoneInfo) -> bool:
    """Whether a deadline is the whole of its day."""
    local = due.astimezone(zone)
    return (local.hour, local.minute) == _END_OF_DAY
