"""Silent producers on the real ledgers: a row that falls due, workers that share it, the mail, what is forgotten."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from streams.ledger import Ledger
from streams.ledger.reading.queries import notices_of
from streams.ledger.upkeep.retention import prune
from streams.rules.state.records import Notice
from tests.support.dispatching import MovableClock, Office, mail_post
from tests.support.processors import OFFICE, ProcessorOnLedger, StillClock
from tests.support.smtp import SmtpServer
from tests.support.world import local

LAST = "2026-03-09 02:00"


async def ran(desk: ProcessorOnLedger, at: datetime, *sources: str) -> None:
    """A run of each producer ends then."""
    desk.clock.set(at)
    await desk.send(*(
        {"type": "run", "asset_id": "kjj", "source": source, "run_id": f"{at}", "status": "complete", "found": 0,
         "finished_at": at.isoformat(), "checks": ["link.dead"]}
        for source in sources
    ))  # fmt: skip


@pytest.fixture
async def desk(ledger: Ledger) -> ProcessorOnLedger:
    """Two producers, one of them registered, that have run each night for eight nights."""
    made = ProcessorOnLedger(ledger, StillClock("2026-03-02 02:00"))
    await made.register("unit:lab", unit_id="lab", name="实验室", contacts=[{"name": "陈", "email": "chen@lab.cn"}])
    await made.register("producer:crawler", source="crawler", name="市级采集平台", unit_id="lab")
    for night in range(8):
        await ran(made, local("2026-03-02 02:00") + timedelta(days=night), "crawler", "linter")
    return made


async def mails(ledger: Ledger) -> list[Notice]:
    """The notices of no ticket."""
    return await notices_of(ledger, 0)


async def test_it_falls_due_as_a_row_and_is_said_once(desk: ProcessorOnLedger) -> None:
    """R-41, R-42: not a minute before; once, whoever looks and however often; again after it has run."""
    desk.clock.set(local("2026-03-12 01:59"))
    await desk.due()
    assert desk.events("producer_silent") == []
    for at in ("2026-03-12 02:00", "2026-03-12 02:01", "2026-04-12 02:00"):
        desk.clock.set(local(at))
        await desk.due()
    assert [(one["source"], one["unit_id"]) for one in desk.events("producer_silent")] == [
        ("crawler", "lab"), ("linter", None),
    ]  # fmt: skip
    told = {(one.unit_id, one.address) for one in await mails(desk.ledger)}
    assert told == {("lab", "chen@lab.cn"), (None, OFFICE)}
    await ran(desk, local("2026-04-13 02:00"), "crawler")
    await desk.due()
    assert len(desk.events("producer_silent")) == 2


async def test_two_workers_say_it_once(desk: ProcessorOnLedger) -> None:
    """R-41: both look at the same moment."""
    other = ProcessorOnLedger(desk.ledger, desk.clock)
    desk.clock.set(local("2026-03-12 02:00"))
    await asyncio.gather(desk.due(), other.due())
    assert len(desk.events("producer_silent") + other.events("producer_silent")) == 2
    assert len(await mails(desk.ledger)) == 2


async def test_nobody_is_called_silent_while_messages_wait(desk: ProcessorOnLedger) -> None:
    """R-41: a worker that was away for a week reads first; what it reads says that they ran."""
    behind = True
    desk.watch._is_behind = lambda: behind
    desk.clock.set(local("2026-03-16 02:00"))
    await desk.due()
    await ran(desk, local("2026-03-16 02:00"), "crawler")
    behind = False
    await desk.due()
    assert [one["source"] for one in desk.events("producer_silent")] == ["linter"]


async def test_the_mail(desk: ProcessorOnLedger, smtp_server: SmtpServer) -> None:
    """R-42: to the unit of the registry, and to the office; whoever is back before it goes is not told of."""
    desk.clock.set(local("2026-03-12 09:00"))
    await desk.due()
    office = Office(desk.ledger, MovableClock(local("2026-03-12 09:10")))
    await ran(desk, local("2026-03-12 09:05"), "linter")
    by_address = {one.address: one for one in await mails(desk.ledger)}
    async with office.working(mail_post(smtp_server.url)):
        await office.state(by_address["chen@lab.cn"], "accepted")
        assert (await office.state(by_address[OFFICE], "suppressed")).code == "superseded"
    (mail,) = smtp_server.mails
    body = mail.message.get_body(("plain",))
    assert body is not None
    assert "市级采集平台（crawler）" in body.get_content()
    assert f"最近一次巡检 {LAST}" in body.get_content()
    assert str(mail.message["Subject"]) == "【巡检中断】市级采集平台已3天没有巡检"


async def test_whoever_never_ran_regularly_is_forgotten(desk: ProcessorOnLedger) -> None:
    """R-41: a name that was used once, after a hundred days; who is expected stays."""
    await ran(desk, local("2026-03-10 02:00"), "once")
    at = datetime(2026, 8, 1, tzinfo=UTC)
    await prune(desk.ledger, at - timedelta(days=365), at - timedelta(days=365), rhythms=at - timedelta(days=100))
    async with desk.ledger.transaction() as tx:
        assert set(await tx.rhythms.of(["crawler", "linter", "once"])) == {"crawler", "linter"}
