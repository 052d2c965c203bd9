"""The ledger, opened to be read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

from schemas.calendar import CalendarYear
from schemas.registry import Unit
from streams.files.calendar.builtin import builtin_calendar, builtin_names
from streams.ledger import Ledger, open_ledger
from streams.ledger.reading.queries import registry_documents
from streams.rules.state.workdays import Calendar
from streams.settings.model import Settings


@asynccontextmanager
async def reading_ledger(settings: Settings) -> AsyncIterator[Ledger]:
    """The ledger, opened; raises LedgerError when it is older, newer or out of reach."""
    ledger = await open_ledger(settings.database_url.get_secret_value())
    try:
        yield ledger
    finally:
        await ledger.close()


async def working_calendar(ledger: Ledger) -> Calendar:
    """The calendar that the workers count with: the built-in one, and the imported years on top."""
    calendar = builtin_calendar()
    for text in (await registry_documents(ledger, "calendar")).values():
        year = CalendarYear.model_validate_json(text)
        calendar = calendar.with_year(year.year, year.by_date)
    return calendar


async def unit_names(ledger: Ledger) -> dict[str, str]:
    """What the registered units are called, by id."""
    documents = await registry_documents(ledger, "unit")
    return {unit_id: Unit.stored(text).name for unit_id, text in documents.items()}


async def day_names(ledger: Ledger) -> dict[date, str]:
    """What days are off for, or make up for, as the built-in table and the imported years call it."""
    years = [CalendarYear.model_validate_json(text) for text in (await registry_documents(ledger, "calendar")).values()]
    imported = {year.year for year in years}
    names = {day: name for day, name in builtin_names().items() if day.year not in imported}
    return names | {day.date: day.name for year in years for day in year.days}
