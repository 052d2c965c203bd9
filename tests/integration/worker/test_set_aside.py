"""Due work of which one row fails: it is set aside, the others go on, and it can be tried again (O-14)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from streams.ledger import (
    AlreadyThere,
    Conflict,
    Ledger,
    LedgerError,
    LedgerUnavailable,
    TransactionEnded,
    ValueRefused,
)
from streams.ledger.batch.recount import LANES
from streams.ledger.batch.set_aside import SetAside
from streams.worker.faults import ENDED, FROM_ONE, FROM_SEVERAL, TAKEN
from tests.support.processors import ProcessorOnLedger, StillClock
from tests.support.world import TOPICS

TOO_FAR = 10**18  # microseconds: no calendar reaches so far, and reading it fails
ASSETS = [f"a{number}" for number in range(9)]
ODD = "a4"
MINE = "asset_pk = (select pk from assets where asset_id = ?)"


def finding(asset_id: str, place: int = 0, **more: Any) -> dict[str, Any]:
    """A finding on an asset."""
    return {
        "asset_id": asset_id,
        "check": "text.typo",
        "locator": f"https://{asset_id}.gov.cn/{place}",
        "observed_at": "2026-03-02T10:00:00+08:00",
        "source": "crawler",
        "run_id": "r1",
        **more,
    }


def silent(asset_id: str) -> dict[str, Any]:
    """A complete run that has found nothing any more."""
    at = "2026-03-02T11:00:00+08:00"
    return {
        "type": "run", "asset_id": asset_id, "run_id": "r2", "source": "crawler", "status": "complete",
        "started_at": at, "finished_at": at, "checks": ["text.typo"],
    }  # fmt: skip


class Site:
    """Nine assets with a ticket each; what is asked of the database directly, users do not see."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.clock = StillClock("2026-03-02 12:00")
        self.processor = ProcessorOnLedger(ledger, self.clock)
        self.said: list[Any] = []
        self.processor.relay._queue._maxsize = 10_000  # type: ignore[attr-defined]  # nobody publishes here

    async def open(self) -> Site:
        """Every asset gets its ticket."""
        await self.processor.send(*(finding(asset_id) for asset_id in ASSETS))
        return self

    async def sql(self, statement: str, *args: object) -> Any:
        """Straight to the tables."""
        async with self.ledger.transaction() as tx:
            if statement.startswith("select"):
                return await tx._session.rows(statement, *args)
            return await tx._session.run(statement, *args)

    async def rounds(self, number: int = 40) -> None:
        """The due watch works for as long as it has something to do, at most so many rounds."""
        with capture_logs() as said:
            for _ in range(number):
                self.processor.published(TOPICS.events)
                if not await self.processor.watch.once():
                    break
        self.said += said

    async def noted(self) -> list[SetAside]:
        """What is set aside."""
        async with self.ledger.transaction() as tx:
            return await tx.set_aside.all()

    async def retry(self) -> None:
        """As `rectify db retry --all`."""
        async with self.ledger.transaction() as tx:
            for note in await tx.set_aside.all():
                assert await tx.set_aside.put_back(note.number, self.clock.now())

    async def bend(self, table: str, column: str, value: object) -> None:
        """Makes the odd asset's row one that cannot be read."""
        assert await self.sql(f"update {table} set {column} = ? where {MINE}", value, ODD)  # noqa: S608

    def events(self, kind: str) -> set[str]:
        """The assets of which such an event was said."""
        return {event["asset_id"] for event in self.processor.events(kind)}


@pytest.fixture
async def site(ledger: Ledger) -> Site:
    """Nine open tickets."""
    return await Site(ledger).open()


OTHERS = set(ASSETS) - {ODD}
# What makes a row of a kind fail while it is loaded: table and column of a moment that is too far.
LOADED = {
    "ticket": ("tickets", "opened_at"),
    "run": ("problems", "first_seen_at"),
    "refresh": ("tickets", "opened_at"),
    "recount": ("tickets", "opened_at"),
    "handover": ("tickets", "opened_at"),
    "follower": ("tickets", "opened_at"),
    "request": ("problems", "first_seen_at"),
    "count": ("problems", "first_seen_at"),
}
# And while it is decided: table, column, and what no rule can digest.
DECIDED = {"ticket": ("tickets", "plan_json", "["), "run": ("runs", "message_json", "{")}


async def fall_due(site: Site, kind: str) -> None:
    """Everything of a kind falls due on all assets."""
    clock, processor = site.clock, site.processor
    if kind == "ticket":
        await site.sql("update tickets set next_review_at = due_at")
        clock.at += timedelta(days=30)
    elif kind == "run":
        await processor.send(*(silent(asset_id) for asset_id in ASSETS))
        clock.real += timedelta(seconds=31)
    elif kind == "refresh":
        await processor.send(*(finding(asset_id) for asset_id in ASSETS))
        clock.real += timedelta(days=1)
    elif kind == "request":
        for number, ticket_id in enumerate(processor.tickets()):
            asset_id = ASSETS[number]
            await processor.command(
                action="claim_fix", asset_id=asset_id, ticket_id=ticket_id, measures="已改", command_id=f"c{number}"
            )
            processor.published(TOPICS.events)
        clock.at += timedelta(days=3)
        await site.sql("update tickets set next_review_at = null")
    elif kind == "count":
        await site.sql("update problems set check_code = 'column.stale'")  # of what is counted
        await site.sql("update assets set derive_at = 0")
    else:
        await pages_begin(site, kind)


async def pages_begin(site: Site, kind: str) -> None:
    """A unit is merged, an asset has another owner, or a calendar has come."""
    if kind == "handover":
        for unit_id in ("old", "new"):
            await site.processor.register(f"unit:{unit_id}", unit_id=unit_id, name=unit_id)
        await site.sql("update tickets set unit_id = 'old', next_review_at = null")
        await site.processor.register("unit:old", unit_id="old", name="old", replaced_by="new")
    elif kind == "follower":
        for unit_id in ("old", "new"):
            await site.processor.register(f"unit:{unit_id}", unit_id=unit_id, name=unit_id)
        await site.sql("update assets set unit_id = 'new', former_unit_id = 'old', document_json = '{}'")
        await site.sql("update tickets set unit_id = 'old', next_review_at = null")
        await site.sql("insert into followers select pk, asset_pk, (1 = 1), (1 = 1), (1 = 0) from tickets")
    elif kind == "recount":
        await site.sql("update tickets set provisional = true")
        for lane in LANES:
            await site.sql("insert into meta (key, value) values (?, '0')", lane)


async def undone(site: Site, kind: str) -> int:
    """How many rows of a kind are still due."""
    moments = {
        "ticket": "select count(*) from tickets where next_review_at <= 1900000000000000",
        "run": "select count(*) from runs where settle_at is not null",
        "refresh": "select count(*) from refreshes",
        "request": "select count(*) from recheck_requests where review_at <= 1772000000000000",
        "count": "select count(*) from assets where derive_at is not null",
        "recount": "select count(*) from meta where key like 'recount_provisional%'",
        "handover": "select count(*) from handovers",
        "follower": "select count(*) from followers where not aside",
    }
    ((count,),) = await site.sql(moments[kind])
    return int(count)


@pytest.mark.parametrize("kind", LOADED)
async def test_one_row_that_cannot_be_loaded(site: Site, kind: str) -> None:
    """It is found and set aside with a word about where; all others are done; mended and tried again it is done too."""
    await fall_due(site, kind)
    table, column = LOADED[kind]
    ((before,),) = await site.sql(
        f"select {column} from {table} where {MINE}",  # noqa: S608 - our own names
        ODD,
    )
    await site.bend(table, column, TOO_FAR)
    await site.rounds()
    (note,) = await site.noted()
    assert note.kind == ("ticket" if kind == "recount" else kind)
    assert note.name.startswith(ODD) or note.name in site.processor.tickets()
    assert note.fault.startswith(("OverflowError at ", "ValueError at ")), note.fault
    assert {line["kind"] for line in site.said if line["event"] == "set_aside"} == {kind}
    assert await undone(site, kind) == 0
    site.said.clear()
    await site.rounds()
    assert site.said == []  # it does not come again by itself
    await site.retry()
    await site.rounds()
    (again,) = await site.noted()
    assert again.number == note.number
    assert again.attempts > note.attempts
    await site.bend(table, column, before)
    await site.retry()
    await site.rounds()
    assert await site.noted() == []
    assert await undone(site, kind) == 0


@pytest.mark.parametrize("kind", DECIDED)
async def test_one_row_that_cannot_be_decided(site: Site, kind: str) -> None:
    """The same, and the part is not even halved."""
    await fall_due(site, kind)
    table, column, bad = DECIDED[kind]
    await site.bend(table, column, bad)
    await site.rounds()
    (note,) = await site.noted()
    assert note.kind == kind
    assert note.fault.startswith(("JSONDecodeError at ", "ValidationError at ")), note.fault
    assert await undone(site, kind) == 0
    assert not [line for line in site.said if line["event"] == "due_work_halved"]


async def test_a_ticket_that_is_to_follow_stays_noted(site: Site) -> None:
    """Set aside and tried again, supervisors are told that its site has moved; a person's word in between holds."""
    await fall_due(site, "follower")
    await site.processor.register("unit:other", unit_id="other", name="other")
    await site.sql("""update assets set document_json = '{"replaced_by": "https://b.gov.cn/"}'""")
    ((before,),) = await site.sql(f"select opened_at from tickets where {MINE}", ODD)  # noqa: S608 - our own
    await site.bend("tickets", "opened_at", TOO_FAR)
    await site.rounds()
    (note,) = await site.noted()
    assert site.events("asset_moved") == OTHERS
    await site.bend("tickets", "opened_at", before)
    await site.processor.command(action="reassign", asset_id=ODD, ticket_id=note.name, unit_id="other")
    await site.retry()
    await site.rounds()
    assert await site.noted() == []
    assert site.events("asset_moved") == set(ASSETS)
    ((unit_id,),) = await site.sql(f"select unit_id from tickets where {MINE}", ODD)  # noqa: S608
    assert unit_id == "other"


async def test_runs_of_the_others_are_judged(site: Site) -> None:
    """Eight of nine tickets close in the same round."""
    await fall_due(site, "run")
    await site.bend("problems", "first_seen_at", TOO_FAR)
    await site.rounds()
    assert site.events("closed") == OTHERS


async def test_what_changes_a_row_makes_it_due_again(site: Site) -> None:
    """Nobody has asked for it: the note goes when the ticket has been reviewed."""
    await fall_due(site, "ticket")
    ((plan,),) = await site.sql(
        "select plan_json from tickets where ticket_id = ?", next(iter(site.processor.tickets()))
    )
    await site.bend("tickets", "plan_json", "[")
    await site.rounds()
    assert len(await site.noted()) == 1
    await site.bend("tickets", "plan_json", plan)
    await site.sql("update tickets set next_review_at = due_at where next_review_at is null")
    await site.rounds()
    assert await site.noted() == []


@pytest.mark.parametrize(
    ("assets", "places", "most"), [(1, FROM_ONE + 9, FROM_ONE), (15, 1, FROM_SEVERAL)], ids=["one", "several"]
)
async def test_what_fails_for_all_stands_and_loses_nothing(ledger: Ledger, assets: int, places: int, most: int) -> None:
    """A faulty release: after some in a row nothing more is set aside; the rest stays due, the worker does not end."""
    site = Site(ledger)
    names = [f"b{number}" for number in range(assets)]
    await site.processor.send(*(finding(name, place, run_id=None) for name in names for place in range(places)))
    await site.sql("update tickets set next_review_at = due_at, plan_json = '['")
    site.clock.at += timedelta(days=30)
    await site.rounds(200)
    assert len(await site.noted()) == most
    assert await undone(site, "ticket") == assets * places - most
    assert site.said[-1]["event"] == "due_work_stands"


async def test_odd_ones_among_many_are_not_a_row(ledger: Ledger) -> None:
    """Every third of sixty tickets fails, of as many assets: all of them are set aside, the others reviewed."""
    site = Site(ledger)
    await site.processor.send(*(finding(f"b{number:02}", run_id=None) for number in range(60)))
    await site.sql("update tickets set next_review_at = due_at")
    await site.sql("update tickets set plan_json = '[' where asset_pk % 3 = 0")
    site.clock.at += timedelta(days=30)
    await site.rounds(200)
    assert len(await site.noted()) == 20
    assert await undone(site, "ticket") == 0


class Troubled:
    """A ledger whose transactions fail while the odd asset is among what was picked, or too much is."""

    def __init__(self, ledger: Ledger, error: Exception, *, odd: int = 0, most: int = 1_000) -> None:
        self._ledger = ledger
        self._error = error
        self._odd = odd
        self._most = most
        self.failed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """The real one."""
        async with self._ledger.transaction() as tx:
            yield tx
            if self._odd in tx.picked.values() or len(tx.picked) > self._most:
                self.failed += 1
                raise self._error


async def troubled(ledger: Ledger, error: Exception, *, most: int = 1_000, odd: str = "") -> tuple[Site, Troubled]:
    """A site whose due watch has such a ledger."""
    site = await Site(ledger).open()
    rows = await site.sql("select pk from assets where asset_id = ?", odd)
    trouble = Troubled(ledger, error, odd=rows[0][0] if rows else 0, most=most)
    site.processor.processor.ledger = cast("Ledger", trouble)
    return site, trouble


@pytest.mark.parametrize(
    ("error", "times"),
    [
        (ValueRefused("value"), 1),
        (RuntimeError("ours"), 1),
        (TransactionEnded("20 s"), ENDED),
        (AlreadyThere("key"), TAKEN),
    ],
    ids=["refused", "ours", "ended", "taken"],
)
async def test_one_row_that_cannot_be_saved(ledger: Ledger, error: Exception, times: int) -> None:
    """Set aside at once, or after some tries where it could pass; the others are reviewed."""
    site, trouble = await troubled(ledger, error, odd=ODD)
    await fall_due(site, "ticket")
    for _ in range(6 * TAKEN):
        try:
            await site.rounds()
        except Conflict:
            continue
        break
    (note,) = await site.noted()
    assert note.kind == "ticket"
    assert trouble.failed >= times
    assert await undone(site, "ticket") == 0


async def test_what_takes_too_long_together_is_done_in_parts(ledger: Ledger) -> None:
    """PostgreSQL ends the transaction of a part that computes for too long: nothing is set aside."""
    site, _ = await troubled(ledger, TransactionEnded("20 s"), most=2)
    await fall_due(site, "ticket")
    await site.rounds()
    assert await site.noted() == []
    assert await undone(site, "ticket") == 0


@pytest.mark.parametrize(
    "error", [LedgerUnavailable("gone"), LedgerError("corrupt"), MemoryError(), OSError("disk")], ids=repr
)
async def test_database_memory_and_disk_are_no_rows_fault(ledger: Ledger, error: Exception) -> None:
    """It is raised as it is, and nothing is set aside."""
    site, _ = await troubled(ledger, error, odd=ODD)
    await fall_due(site, "ticket")
    with pytest.raises(type(error)):
        await site.rounds()
    assert await site.noted() == []
    assert await undone(site, "ticket") == len(ASSETS)


async def test_nothing_of_the_row_is_noted(site: Site) -> None:
    """What failed, and where in the program; no word of a citizen."""
    await fall_due(site, "ticket")
    await site.bend("tickets", "plan_json", '["王某的电话 13800000001"]')
    await site.rounds()
    (note,) = await site.noted()
    assert "王" not in json.dumps(note._asdict(), default=str, ensure_ascii=False)
    assert "138" not in note.fault
