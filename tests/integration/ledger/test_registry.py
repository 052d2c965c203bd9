"""The registry is followed by version."""

from datetime import date

from schemas.calendar import CalendarDay, CalendarYear
from schemas.registry import GuardedPeriod, Unit
from streams.files.calendar.builtin import builtin_calendar
from streams.ledger import Ledger
from streams.ledger.reading.queries import registry_documents
from tests.support.ledger import ZONE


def _unit(name: str) -> str:
    return Unit(unit_id="unit-1", name=name).model_dump_json()


async def test_every_change_is_a_new_version(ledger: Ledger) -> None:
    """Saved, overwritten, deleted; who knows an earlier version reads only the difference."""
    async with ledger.transaction() as tx:
        assert await tx.registry.version() == 0
        empty = await tx.registry.load(ZONE)
        assert (dict(empty.units), dict(empty.guarded), empty.version) == ({}, {}, 0)
        assert empty.calendar is builtin_calendar()
        assert await tx.registry.save("unit", "unit-1", _unit("市科技局")) == 1
        period = GuardedPeriod.model_validate_json('{"name": "两会", "from": "2026-03-04", "to": "2026-03-12"}')
        assert await tx.registry.save("guarded", "npc", period.model_dump_json(by_alias=True)) == 2
    async with ledger.transaction() as tx:
        second = await tx.registry.load(ZONE, empty)
        assert second.units["unit-1"].name == "市科技局"
        assert second.guarded == {"npc": period}
        assert await tx.registry.load(ZONE, second) is second
        await tx.registry.save("unit", "unit-1", _unit("科技局"))
        await tx.registry.save("guarded", "npc", None)
        third = await tx.registry.load(ZONE, second)
        assert third.units["unit-1"].name == "科技局"
        assert third.guarded == {}
        assert second.units["unit-1"].name == "市科技局"
        assert (await tx.registry.load(ZONE)).units == third.units
        assert third.version == await tx.registry.version() == 4
    assert set(await registry_documents(ledger, "unit")) == {"unit-1"}
    assert await registry_documents(ledger, "guarded") == {}


async def test_an_imported_year_replaces_the_built_in_one(ledger: Ledger) -> None:
    """Deleting it brings the built-in arrangement back."""
    days = tuple(CalendarDay(date=date(2027, 1, day), off=True) for day in range(1, 13))
    year = CalendarYear(year=2027, days=days)
    async with ledger.transaction() as tx:
        before = await tx.registry.load(ZONE)
        await tx.registry.save("calendar", "2027", year.model_dump_json())
        after = await tx.registry.load(ZONE, before)
        assert 2027 in after.calendar.years
        assert 2027 not in before.calendar.years
        await tx.registry.save("calendar", "2027", None)
        assert 2027 not in (await tx.registry.load(ZONE, after)).calendar.years
