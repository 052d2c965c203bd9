"""The working calendar: which days are worked, and what a new arrangement of a year would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.calendar import CalendarDay, CalendarYear
from schemas.policy import Policy
from streams.files.calendar.builtin import builtin_calendar, builtin_names, builtin_sources
from streams.files.calendar.statutory import lawful
from streams.ledger import Ledger, LedgerError
from streams.ledger.reading.bulletins import years_as_of
from streams.ledger.reading.open_tickets import open_tickets
from streams.ledger.reading.queries import registry_documents
from streams.ledger.reading.registry import readable
from streams.rules.deadlines.deadlines import recompute
from streams.rules.state.workdays import Calendar
from streams.rules.state.working_hours import next_working_moment
from streams.services.failure import Failure
from streams.services.ledgers import reading_ledger
from streams.settings.model import Settings


class KnownCalendar(NamedTuple):
    """A calendar, and why it is the built-in one alone; None: the imported years are on top of it."""

    calendar: Calendar
    fault: LedgerError | None


class Year(NamedTuple):
    """A year as deadlines are counted with it."""

    year: int
    published: bool  # otherwise it is guessed as Monday to Friday
    workdays: int
    days: Mapping[date, bool]  # that are not as the week has them, in order: whether they are off
    at_work: datetime  # the next working moment from now on, also of another year


class Proposal(NamedTuple):
    """What a file's arrangement of a year would change."""

    arrangement: CalendarYear
    added: Sequence[CalendarDay]  # off by law, which the file does not say
    changes: Mapping[date, bool]  # days that are worked or off otherwise than now: whether they would be off


@dataclass(slots=True)
class MovedDeadlines:
    """What a calendar would make of the open tickets whose deadlines are provisional (L-7); nothing else moves."""

    provisional: int = 0
    earlier: int = 0
    later: int = 0
    settled: int = 0  # that would be provisional no longer
    first: dict[int, datetime] = field(default_factory=dict)  # new dues of the first that move, by row number


async def imported_years(ledger: Ledger) -> list[CalendarYear]:
    """The years that people have imported."""
    documents = await registry_documents(ledger, "calendar")
    return [*readable(documents, CalendarYear.model_validate_json)[0].values()]


async def working_calendar(ledger: Ledger) -> Calendar:
    """The calendar that the workers count with: the built-in one, and the imported years on top."""
    return _with_years(await imported_years(ledger))


async def calendar_as_of(ledger: Ledger, as_of: datetime) -> Calendar:
    """As `working_calendar`, with the years as they stood at that moment (rule S-5)."""
    return _with_years(await years_as_of(ledger, as_of))


def _with_years(years: Iterable[CalendarYear]) -> Calendar:
    calendar = builtin_calendar()
    for year in years:
        calendar = calendar.with_year(year.year, year.by_date)
    return calendar


async def known_calendar(settings: Settings) -> KnownCalendar:
    """The calendar that the workers count with; without a database the built-in one, and why."""
    try:
        async with reading_ledger(settings) as ledger:
            return KnownCalendar(await working_calendar(ledger), None)
    except LedgerError as error:
        return KnownCalendar(builtin_calendar(), error)


async def day_names(ledger: Ledger) -> dict[date, str]:
    """What days are off for, or make up for, as the built-in table and the imported years call it."""
    years = await imported_years(ledger)
    imported = {year.year for year in years}
    names = {day: name for day, name in builtin_names().items() if day.year not in imported}
    return names | {day.date: day.name for year in years for day in year.days}


def year_of(calendar: Calendar, wanted: int, policy: Policy, now: datetime, zone: ZoneInfo) -> Year:
    """A year of the calendar. Raises Failure for a year that no calendar has."""
    if not date.min.year < wanted < date.max.year:
        msg = f"{wanted} is no year"
        raise Failure(msg)
    return Year(
        year=wanted,
        published=wanted in calendar.years,
        workdays=calendar.workdays_between(date(wanted - 1, 12, 31), date(wanted, 12, 31)),
        days=dict(sorted(calendar.arrangements.get(wanted, {}).items())),
        at_work=next_working_moment(now, policy.working_hours, calendar, zone).astimezone(zone),
    )


def proposed(calendar: Calendar, year: CalendarYear) -> Proposal:
    """What a year would change, once the days that are off by law are in it."""
    arrangement, added = lawful(year, calendar.years)
    changes = calendar.differences(calendar.with_year(arrangement.year, arrangement.by_date))
    return Proposal(arrangement, added, changes)


async def source_of(ledger: Ledger, year: int) -> str:
    """Where a year's arrangement is from; empty where none is known."""
    imported = {one.year: one.source or "导入的文件，未注明来源" for one in await imported_years(ledger)}
    return imported.get(year) or builtin_sources().get(year, "")


async def moved_by(ledger: Ledger, calendar: Calendar, zone: ZoneInfo, *, first: int) -> MovedDeadlines:
    """What a calendar would move; `first`: so many of the moved tickets are named."""
    moved = MovedDeadlines()
    async for page in open_tickets(ledger, provisional=True):
        for one in page:
            after = recompute(one.deadline, calendar, zone)
            moved.provisional += 1
            moved.settled += not after.provisional
            moved.earlier += after.due_at < one.due_at
            moved.later += after.due_at > one.due_at
            if after.due_at != one.due_at and len(moved.first) < first:
                moved.first[one.pk] = after.due_at
    return moved
