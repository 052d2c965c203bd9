"""Recheck requests on the real ledgers: joined, due, repeated, answered, given up; who can answer is remembered."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from streams.ledger import Ledger
from streams.ledger.notice_tables import notices
from streams.ledger.reading.queries import requests_of
from streams.ledger.request_tables import recheck_requests
from streams.rules.state.records import OpenRequest
from streams.rules.state.snapshot import ChangeSet, Needs
from tests.support.ledger import REGISTRY, asset_pk, at, key, load, open_ticket, problem, run, save
from tests.support.pipeline import Pipeline
from tests.support.processors import TOPICS, ProcessorOnLedger
from tests.support.world import local

PLACE: dict[str, Any] = {"asset_id": "site", "check": "column.blank", "locator": "公示"}
MONDAY = "2026-03-02 10:00"
PEOPLE = [{"name": "陈", "email": "ops@lab.cn"}]


def request(asset: int, name: str, ticket_pk: int = 1, **fields: Any) -> OpenRequest:
    """A request in which every field is set; due an hour after START."""
    return OpenRequest(
        asset, key(name), ticket_pk, f"request-{name}", "claim_fix run_held", at(hours=-23), at(hours=-22), 2,
        at(hours=1), at(hours=1), at(hours=2), "crawler",
    )._replace(**fields)  # fmt: skip


async def test_every_field_comes_back(ledger: Ledger) -> None:
    """Saved, changed, answered; and the requests of other assets stay."""
    asset, other = await asset_pk(ledger), await asset_pk(ledger, "asset-2")
    one, two = request(asset, "a"), request(other, "b", unanswered_at=None, not_by=None)
    await save(ledger, ChangeSet(requests=[one, two]))
    assert (await load(ledger, Needs(asset_ids={"asset-1", "asset-2"}, requests={"asset-1"}))).requests == {
        one.key: one
    }
    later = one._replace(sent=3, review_at=at(days=2), reasons="claim_fix")
    await save(ledger, ChangeSet(requests=[later]))
    assert (await load(ledger, Needs(asset_ids={"asset-1"}, requests={"asset-1"}))).requests == {one.key: later}
    await save(ledger, ChangeSet(answered_requests=[(asset, one.key)]))
    found = await load(ledger, Needs(asset_ids={"asset-1", "asset-2"}, requests={"asset-1", "asset-2"}))
    assert found.requests == {two.key: two}


async def test_requests_whose_time_has_come(ledger: Ledger) -> None:
    """By asset, with all its requests, the problems asked about, the tickets of both, and held runs."""
    asset, other = await asset_pk(ledger), await asset_pk(ledger, "asset-2")
    tickets = [open_ticket(1, "a", asset), open_ticket(2, "b", asset), open_ticket(3, "c", other)]
    problems = [problem("a", asset, 1, 1), problem("b", asset, 2, 1), problem("c", other, 3, 1)]
    held = run(asset)._replace(state="held")
    requests = [
        request(asset, "a"),
        request(asset, "b", 1, review_at=at(days=1)),
        request(other, "c", 3, review_at=at(days=1)),
    ]
    await save(ledger, ChangeSet(problems=problems, new_tickets=tickets, runs=[held], requests=requests))
    async with ledger.transaction() as tx:
        assert (await tx.due.requests(at(minutes=59), 10, REGISTRY))[0] == []
        pks, snapshot = await tx.due.requests(at(hours=1), 10, REGISTRY)
    assert pks == [asset]
    assert {one.request_id for one in snapshot.requests.values()} == {"request-a", "request-b"}
    assert {one.fingerprint for one in snapshot.problems.values()} == {"fp-a", "fp-b"}
    assert (set(snapshot.tickets), len(snapshot.runs)) == ({1, 2}, 1)
    shown = list(snapshot.problems.values())
    assert [one.request_id for one in await requests_of(ledger, snapshot.tickets[2], shown[1:2])] == ["request-b"]


async def test_what_another_worker_repeats_is_left_out(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """No waiting, no second message."""
    first, second = postgres_ledgers
    assets = [await asset_pk(first, f"asset-{number}") for number in range(2)]
    await save(first, ChangeSet(requests=[request(asset, str(asset)) for asset in assets]))
    async with first.transaction() as busy:
        await busy.load(Needs(asset_ids={"asset-0"}), REGISTRY)
        async with asyncio.timeout(5), second.transaction() as tx:
            assert (await tx.due.requests(at(hours=1), 10, REGISTRY))[0] == [assets[1]]


async def test_it_is_found_by_its_index(ledger: Ledger) -> None:
    """With 20,000 requests that wait, what is due is found without reading those."""
    asset = await asset_pk(ledger)
    await save(
        ledger, ChangeSet(requests=[request(asset, str(n), review_at=at(days=1, seconds=n)) for n in range(20_000)])
    )
    query = "select asset_pk from recheck_requests where review_at <= 1000 order by review_at limit 200"
    async with ledger.transaction() as tx:
        explain = "explain query plan" if tx._session.dialect == "sqlite" else "explain"
        await tx._session.rows("analyze recheck_requests")
        plan = " ".join(str(row) for row in await tx._session.rows(f"{explain} {query}"))
    assert "recheck_requests_to_review" in plan


async def opened(ledger: Ledger) -> ProcessorOnLedger:
    """A blank column of an owned site; nothing is known of producers but the one that found it."""
    worker = ProcessorOnLedger(ledger, MONDAY)
    await worker.register(
        "unit:lab", unit_id="lab", name="大数据中心", contacts=[{"name": "陈", "email": "ops@lab.cn"}]
    )
    await worker.register("unit:owner", unit_id="owner", name="市科技局", supervisor_id="city")
    await worker.register("asset:site", asset_id="site", name="市科技局网站", kind="website", unit_id="owner")
    await worker.send({**PLACE, "source": "crawler", "observed_at": "2026-03-02T10:00:00+08:00"})
    return worker


async def claim(worker: ProcessorOnLedger) -> None:
    """The unit says that it is put right."""
    (ticket,) = worker.tickets().values()
    await worker.command(action="claim_fix", asset_id="site", ticket_id=ticket["ticket_id"], measures="已更新")


def published(worker: ProcessorOnLedger) -> list[dict[str, Any]]:
    """The requests so far."""
    return worker.published(TOPICS.recheck_requests)


async def pass_days(worker: ProcessorOnLedger, days: int) -> None:
    """An hour after each day."""
    for _ in range(days):
        worker.clock.set(worker.clock.now().at + timedelta(days=1, hours=1))
        while await worker.watch.once():
            published(worker)  # what waits to be published would hold the watch up


async def test_claimed_repeated_and_given_up(ledger: Ledger) -> None:
    """R-30, R-32, R-34: one message for two claims, three in all; then the producer's owner gets a mail, once."""
    worker = await opened(ledger)
    await worker.register("producer:crawler", source="crawler", name="采集平台", unit_id="lab")
    await claim(worker)
    (ticket,) = worker.tickets().values()
    about = {"asset_id": "site", "ticket_id": ticket["ticket_id"]}
    await worker.command(action="send_back", reason="未见更新", **about)
    await claim(worker)
    assert [one["producers"] for one in published(worker)] == [["crawler"]]
    await pass_days(worker, 14)
    assert [one["attempt"] for one in published(worker)] == [1, 2, 3]
    assert len(worker.events("recheck_unanswered")) == 1
    rows = await ledger.read(select(notices.c.kind, notices.c.address).where(notices.c.unit_id == "lab"))
    assert [tuple(row) for row in rows] == [("recheck_unanswered", "ops@lab.cn")]


async def test_an_answer_to_a_repeat_closes(ledger: Ledger) -> None:
    """R-32: and leaves nothing behind to be asked."""
    worker = await opened(ledger)
    await claim(worker)
    await pass_days(worker, 2)
    answer = {**PLACE, "type": "recheck", "outcome": "absent", "source": "prober"}
    seen = worker.clock.now().at.isoformat()
    await worker.send({**answer, "observed_at": seen, "request_id": published(worker)[-1]["request_id"]})
    assert [ticket["status"] for ticket in worker.tickets().values()] == ["closed"]
    assert await ledger.read(select(recheck_requests.c.key)) == []


async def test_a_recheck_long_after_the_closing_recurs(ledger: Ledger) -> None:
    """R-38: on a real ledger too: a group that is open takes it in, otherwise a new ticket opens; also many at once."""
    worker = await opened(ledger)
    typo = {**PLACE, "check": "text.typo", "source": "crawler", "observed_at": "2026-03-02T10:00:00+08:00"}
    await worker.send(*({**typo, "locator": f"p{n}", "evidence": {"template": "页脚"}} for n in range(60)))
    first = next(ticket for ticket in worker.tickets().values() if ticket["check"] == "text.typo")
    about = {"type": "recheck", "asset_id": "site", "source": "prober", "ticket_id": first["ticket_id"]}
    await worker.send({**about, "source": "crawler", "outcome": "absent", "observed_at": "2026-03-02T10:05:00+08:00"})
    worker.clock.set(local("2026-05-06 10:00"))
    named = {"type": "recheck", "asset_id": "site", "check": "text.typo", "locator": "p7", "source": "prober"}
    await worker.send({**named, "outcome": "present", "observed_at": "2026-05-06T09:00:00+08:00"})
    await worker.send({**about, "outcome": "present", "observed_at": "2026-05-06T09:30:00+08:00"})
    again = [one for one in worker.tickets().values() if one["recurrence_of"] == first["ticket_id"]]
    assert [(one["cause"], one["problem_count"]) for one in again] == [("template:页脚", 60)]


async def test_a_worker_repeats_by_itself(pipeline: Pipeline) -> None:
    """R-32: the real worker on a real broker: a day passes, and the request comes again; an answer ends it."""
    async with pipeline.working():
        await pipeline.send({**PLACE, "source": "crawler", "observed_at": "2026-03-02T09:00:00+08:00"})
        await pipeline.settled()
        await pipeline.command("claim_fix", pipeline.ticket(), measures="已更新")
        await pipeline.run_until("2026-03-03 11:00")
        assert [request["attempt"] for request in pipeline.seen.requests] == [1, 2]
        answer = {**PLACE, "type": "recheck", "outcome": "absent", "source": "crawler"}
        seen = pipeline.clock.now().at.isoformat()
        await pipeline.send({**answer, "observed_at": seen, "request_id": pipeline.seen.requests[0]["request_id"]})
        await pipeline.run_until("2026-03-20 11:00")
    assert pipeline.ticket()["status"] == "closed"
    assert len(pipeline.seen.requests) == 2
