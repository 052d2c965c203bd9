"""A registry record that this release cannot read: it is set aside, and everything else goes on (O-14)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from streams.ledger import Conflict, Ledger, open_ledger
from streams.services.calendar import working_calendar
from streams.services.known_registry import KnownRegistry
from streams.services.registry import unit_names
from streams.worker.intake.registrar import loaded
from tests.integration.worker.test_set_aside import Site, finding
from tests.support.ledger import ZONE

UNREAD = {"unit:u2": '{"unit_id":"u2"}', "calendar:2026": "{}", "guarded:g": '{"name":"两会"}', "producer:p": "[]"}


async def kept(site: Site, documents: dict[str, str]) -> None:
    """Records as another release has left them, each with the next version."""
    for key, document in documents.items():
        kind, _, record_id = key.partition(":")
        await site.sql("delete from registry where kind = ? and id = ?", kind, record_id)
        async with site.ledger.transaction() as tx:
            await tx.registry.save(cast("Any", kind), record_id, document)


@pytest.fixture
async def site(ledger: Ledger) -> Site:
    """Nine open tickets, and a unit that can be read."""
    site = await Site(ledger).open()
    await site.processor.register("unit:u1", unit_id="u1", name="市科技局")
    return site


async def test_findings_are_decided_and_due_work_done(site: Site) -> None:
    """Of every kind one that cannot be read: all are noted, without a word of what stands in them."""
    await kept(site, UNREAD)
    await site.processor.send(finding("a1", place=1))
    await site.rounds()
    assert len(site.processor.tickets()) == 10
    assert {note.name for note in await site.noted()} == UNREAD.keys()
    assert {note.kind for note in await site.noted()} == {"registry"}
    assert {note.fault for note in await site.noted()} >= {"missing at name", "model_type"}
    assert site.processor.processor.registry.units.keys() == {"u1"}


async def test_a_worker_starts_with_it(site: Site) -> None:
    """What can be read is there; the record was tried once more."""
    await kept(site, UNREAD)
    await site.processor.send(finding("a1", place=1))
    async with site.ledger.transaction() as tx:
        registry = await loaded(tx, ZONE, None, site.clock.now())
    assert registry.units.keys() == {"u1"}
    assert registry.calendar.years
    assert [note.attempts for note in await site.noted()] == [2] * len(UNREAD)


async def test_what_was_known_before_stays(site: Site) -> None:
    """A unit that a running worker has read keeps its contacts when its record cannot be read any more."""
    await kept(site, {"unit:u1": "{}"})
    await site.processor.send(finding("a1", place=1))
    assert site.processor.processor.registry.units["u1"].name == "市科技局"
    assert [note.name for note in await site.noted()] == ["unit:u1"]


async def test_it_is_tried_again_and_mended(site: Site) -> None:
    """`rectify db retry` has it read again; once it is registered anew, or deleted, the note goes by itself."""
    await kept(site, UNREAD)
    await site.rounds()
    await site.retry()
    await site.rounds()
    assert [note.attempts for note in await site.noted()] == [2] * len(UNREAD)
    await site.processor.register("unit:u2", unit_id="u2", name="市教育局")
    for key in UNREAD.keys() - {"unit:u2"}:
        await site.processor.delete(key)
    assert await site.noted() == []
    assert site.processor.processor.registry.units.keys() == {"u1", "u2"}


async def test_lists_and_imports_go_on(site: Site) -> None:
    """What commands and pages know of the registry leaves it out, and an address of before is no fault."""
    await kept(site, UNREAD | {"unit:u3": '{"unit_id":"u3","name":"u3","contacts":[{"name":"李","email":"a@☃.cn"}]}'})
    assert await unit_names(site.ledger) == {"u1": "市科技局", "u3": "u3"}
    assert (await working_calendar(site.ledger)).years
    known = await KnownRegistry(site.ledger, ZONE)()
    assert known.units.keys() == {"u1", "u3"}
    assert not known.guarded


class Overtaken:
    """A ledger on which a transaction fails once, and others are quicker before it is tried again."""

    def __init__(self, ledger: Ledger, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._ledger = ledger
        self._meanwhile = [meanwhile]
        self._first = Conflict("another worker was there first")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """The real one."""
        try:
            async with self._ledger.transaction() as tx:
                yield tx
                if self._meanwhile:
                    raise self._first
        except Conflict:
            await self._meanwhile.pop()()
            raise


async def test_what_others_register_after_a_conflict_is_known(site: Site, database: str) -> None:
    """A version that a failed transaction had drawn is given to another worker's record: nobody misses that one."""

    async def meanwhile() -> None:
        other = await open_ledger(database, owner="other")
        async with other.transaction() as tx:
            await tx.registry.save("unit", "theirs", '{"unit_id":"theirs","name":"theirs"}')
        await other.close()

    site.processor.processor.ledger = cast("Ledger", Overtaken(site.ledger, meanwhile))
    await site.processor.register("unit:mine", unit_id="mine", name="mine")
    assert site.processor.processor.registry.units.keys() == {"u1", "mine", "theirs"}
