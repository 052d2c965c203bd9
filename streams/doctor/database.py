"""The database, the years in its calendar, and its clock beside ours."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from schemas.policy import Policy
from streams.clock import system_time
from streams.discretion import hide_url
from streams.doctor.line import CheckLine, error, ok, warning
from streams.files.calendar.builtin import builtin_calendar
from streams.ledger import LedgerError, LedgerUnavailable
from streams.ledger.reading.inspection import Inspection, inspect
from streams.rules.deadlines.calendar_watch import missing_years
from streams.services.calendar import working_calendar
from streams.services.ledgers import reading_ledger
from streams.settings.model import Settings

SKEW_SECONDS: Final = 2.0
WRONG_SECONDS: Final = 60.0


async def database_lines(settings: Settings) -> tuple[list[CheckLine], Inspection | None]:
    """Whether this program can work with the database; and what it said."""
    url = settings.database_url.get_secret_value()
    place = hide_url(url)
    try:
        found = await inspect(url)
    except LedgerUnavailable as fault:
        text = f"无法访问数据库 · the database cannot be reached: {place}: {fault}"
        return [
            error("database", text, "核对 RECTIFY_DATABASE_URL、网络、权限 · check the URL, the network, the rights")
        ], None
    except LedgerError as fault:
        text = f"数据库不能使用 · the database cannot be used: {place}: {fault}"
        advice = "按句中所说处理；损坏时从备份恢复 · do what the sentence says; restore a backup if it is corrupt"
        return [error("database", text, advice)], None
    lines = [ok("database", f"数据库版本相符 · fits this program: {place} ({found.dialect} {found.server})")]
    if found.clock is not None:
        lines.append(skew_line(found.clock, system_time()))
    return lines, found


def skew_line(theirs: datetime, ours: datetime) -> CheckLine:
    """How far the server's clock is from ours."""
    skew = abs((theirs - ours).total_seconds())
    text = f"与数据库时钟相差 · clock differs from the database's by {skew:.1f} s"
    advice = "两台机器都启用 NTP（chrony）· run NTP on both: deadlines and leases are counted by the clock"
    if skew >= WRONG_SECONDS:
        return error("skew", text, advice)
    return warning("skew", text, advice) if skew >= SKEW_SECONDS else ok("skew", text)


async def calendar_line(settings: Settings, policy: Policy, today: date, *, usable: bool) -> CheckLine:
    """Whether the working days of this year are known, and of the next one when they should be."""
    if usable:
        async with reading_ledger(settings) as ledger:
            calendar = await working_calendar(ledger)
    else:
        calendar = builtin_calendar()
    missing = missing_years(policy, calendar, today)
    if missing:
        years = "、".join(map(str, missing))
        text = f"缺少 {years} 年工作日安排 · working days of {years} are not known: deadlines there are provisional"
        return error("calendar", text, "`rectify calendar import FILE` 导入国务院办公厅的通知 · import the arrangement")
    return ok(
        "calendar", f"工作日历到 {max(calendar.years)} 年 · working days are known to the end of {max(calendar.years)}"
    )
