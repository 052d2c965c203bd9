"""Asks on both ledgers: kept, due, answered once by whoever is first, told by mail, and forgotten with their words."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import select

from streams.ledger import Ledger
from streams.ledger.columns import metadata
from streams.ledger.notice_tables import notices
from streams.ledger.reading.queries import asks_of
from streams.ledger.request_tables import asks
from streams.ledger.upkeep.retention import prune
from streams.rules.state.records import Ask
from streams.rules.state.snapshot import ChangeSet, Needs
from tests.support.dispatching import MovableClock, Office, mail_post
from tests.support.ledger import REGISTRY, asset_pk, at, load, open_ticket, problem, save
from tests.support.processors import ProcessorOnLedger
from tests.support.smtp import SmtpServer
from tests.support.world import TOPICS, ZONE, local

MONDAY = "2026-03-02 10:00"


def asked(pk: int, asset: int, kind: str = "extension", **fields: Any) -> Ask:
    """An ask in which every field is set; due an hour after START."""
    return Ask(
        f"ask-{pk}-{kind}", pk, asset, kind, "owner", "张三", "系统迁移", "已清理七成", at(days=9), 3, "other",
        at(hours=-40), at(hours=1), at(hours=2),
    )._replace(**fields)  # fmt: skip


async def filled(ledger: Ledger) -> int:
    """Two open tickets; the asset's number."""
    asset = await asset_pk(ledger)
    tickets = [open_ticket(pk, f"T{pk}", asset) for pk in (1, 2)]
    problems = [problem(f"p{pk}", asset, pk, 1) for pk in (1, 2)]
    await save(ledger, ChangeSet(problems=problems, new_tickets=tickets))
    return asset


async def test_every_field_comes_back(ledger: Ledger) -> None:
    """K-40: with their ticket and with no other; saved, changed, ended, and asked again in the same breath."""
    asset = await filled(ledger)
    one, two = asked(1, asset), asked(1, asset, "not_ours", review_at=None, progress=None)
    await save(ledger, ChangeSet(asks=[one, two, asked(2, asset)]))
    needs = Needs(asset_ids={"asset-1"}, ticket_ids={"ZG20260302-T1"})
    assert (await load(ledger, needs)).asks == {(1, "extension"): one, (1, "not_ours"): two}
    later = one._replace(review_at=None, unanswered_at=at(days=2), unit_id=None)
    await save(ledger, ChangeSet(asks=[later], ended_asks=[(1, "not_ours")]))
    assert (await load(ledger, needs)).asks == {(1, "extension"): later}
    again = asked(1, asset)._replace(ask_id="again")
    await save(ledger, ChangeSet(asks=[again], ended_asks=[(1, "extension")]))
    assert await asks_of(ledger, [1]) == [again]


async def test_asks_whose_time_has_come(ledger: Ledger) -> None:
    """K-44: by ticket, found by their index among 20,000 that wait."""
    asset = await filled(ledger)
    waiting = [asked(pk, asset, review_at=at(days=1, seconds=pk)) for pk in range(3, 20_003)]
    await save(ledger, ChangeSet(asks=[asked(1, asset), asked(2, asset, review_at=None), *waiting]))
    async with ledger.transaction() as tx:
        assert (await tx.due.asks(at(minutes=59), 10, REGISTRY))[0] == []
        pks, snapshot = await tx.due.asks(at(hours=1), 10, REGISTRY)
        explain = "explain query plan" if tx._session.dialect == "sqlite" else "explain"
        await tx._session.rows("analyze asks")
        query = "select ticket_pk from asks where review_at <= 1000 order by review_at limit 200"
        plan = " ".join(str(row) for row in await tx._session.rows(f"{explain} {query}"))
    assert (pks, set(snapshot.tickets), set(snapshot.asks)) == ([1], {1}, {(1, "extension")})
    assert "asks_to_review" in plan


async def opened(ledger: Ledger, check: str = "column.blank") -> ProcessorOnLedger:
    """A ticket of a unit with a supervising unit, each with somebody to tell."""
    worker = ProcessorOnLedger(ledger, MONDAY)
    for unit, name, address, above in (
        ("office", "市政府办", "office@a.cn", None),
        ("owner", "市科技局", "duty@a.cn", "office"),
    ):
        contacts = [{"name": "值守", "email": address}]
        await worker.register(f"unit:{unit}", unit_id=unit, name=name, contacts=contacts, supervisor_id=above)
    await worker.register("asset:site", asset_id="site", name="市科技局网站", kind="website", unit_id="owner")
    found = {"asset_id": "site", "check": check, "locator": "公示", "source": "crawler"}
    await worker.send({**found, "observed_at": "2026-03-02T10:00:00+08:00"})
    return worker


def about(worker: ProcessorOnLedger, **fields: Any) -> dict[str, Any]:
    """A command on the only ticket."""
    (ticket,) = worker.tickets().values()
    return {"asset_id": "site", "ticket_id": ticket["ticket_id"], "reason": "说明", **fields}


async def test_unanswered_it_is_said_once_by_the_due_watch(ledger: Ledger) -> None:
    """K-44: after two working days, whatever the number of rounds; answered, nothing is left."""
    worker = await opened(ledger)
    await worker.command(**about(worker, action="ask", kind="extension", working_days=3))
    for _ in range(4):
        worker.clock.set(worker.clock.now().at + timedelta(days=1))
        while await worker.watch.once():
            worker.published("")
    (event,) = worker.events("ask_unanswered")
    (one,) = await asks_of(ledger, [row[0] for row in await ledger.read(select(asks.c.ticket_pk))])
    assert (event["ask_id"], event["at"][5:16]) == (one.ask_id, "03-04T10:00")
    await worker.command(**about(worker, action="extend", working_days=2, answers=one.ask_id))
    assert await ledger.read(select(asks.c.ask_id)) == []
    kinds = [row[0] for row in await ledger.read(select(notices.c.kind).order_by(notices.c.created_at))]
    assert [kind for kind in kinds if kind.startswith(("ask", "answer"))] == ["asked", "ask_unanswered", "answered"]


async def test_letters_to_who_answers_and_to_who_asked(ledger: Ledger, smtp_server: SmtpServer) -> None:
    """N-70: one letter names both asks of the ticket with their reasons, another what became of them; each once."""
    worker, office = await opened(ledger), Office(ledger, MovableClock(local(MONDAY)))
    async with ledger.transaction() as tx:
        office.registry = await tx.registry.load(ZONE)

    async def mails(number: int) -> list[tuple[str, str]]:
        office.clock.forward(hours=1)
        async with office.working(mail_post(smtp_server.url)), asyncio.timeout(10):
            while len(smtp_server.mails) < number:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        found = [(str(mail.message["To"]), mail.message.get_body(("plain",))) for mail in smtp_server.mails]
        return [(to, body.get_content()) for to, body in found if body is not None]

    await worker.command(**about(worker, action="ask", kind="extension", working_days=3, reason="系统迁移"))
    await worker.command(**about(worker, action="ask", kind="not_ours", reason="职能已划转"))
    (to, text) = next(mail for mail in await mails(2) if "office@a.cn" in mail[0])
    assert "申请待答复" in text
    assert "系统迁移" in text
    assert "职能已划转" in text
    refused = next(event["ask_id"] for event in worker.events("asked") if event["kind"] == "not_ours")
    await worker.command(**about(worker, action="refuse_ask", ask_id=refused, reason="职能未划转"))
    await worker.command(**about(worker, action="extend", working_days=2, reason="请抓紧"))
    (to, text) = (await mails(3))[-1]
    assert "duty@a.cn" in to
    assert "不同意申请（不属于本单位），理由：职能未划转" in text
    assert "同意延期，整改时限延至 2026-03-11（周三），说明：请抓紧" in text


async def test_two_officials_at_two_workers(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """K-41: one grants and one refuses at the same time: one of them is done, the other is refused, nothing twice."""
    first = await opened(postgres_ledgers[0])
    await first.command(**about(first, action="ask", kind="extension", working_days=3))
    (one,) = first.events("asked")
    answers = (
        about(first, action="extend", working_days=3, answers=one["ask_id"]),
        about(first, action="refuse_ask", ask_id=one["ask_id"]),
    )
    second = ProcessorOnLedger(postgres_ledgers[1], MONDAY)
    common = {"by": "周督查", "at": local(MONDAY).isoformat()}
    await asyncio.gather(
        *(
            processor.fetch(TOPICS.commands, 5 + number, [{**common, **answer}])
            for number, (processor, answer) in enumerate(zip((first, second), answers, strict=True))
        )
    )
    told = [event for processor in (first, second) for event in processor.published(TOPICS.events)]
    answered = [event for event in told if event.get("answers") or event["type"] == "ask_refused"]
    refused = [event["reason"] for event in told if event["type"] == "command_refused"]
    assert (len(answered), refused) == (1, ["ask_unknown"])
    assert await postgres_ledgers[0].read(select(asks.c.ask_id)) == []


async def test_what_contacts_wrote_is_forgotten(ledger: Ledger) -> None:
    """O-1, O-10: names and words of an ask, of its answer and of a note are in no table once their time is over."""
    marker, worker = "刻痕", await opened(ledger, "message.unanswered")
    said = {"by": f"{marker}甲", "reason": f"{marker}乙", "via": f"account:{marker}"}
    kinds: tuple[dict[str, Any], ...] = (
        {"kind": "extension", "working_days": 2, "progress": f"{marker}丙", "evidence": {"note": f"{marker}丁"}},
        {"kind": "not_ours"},
        {"kind": "false_alarm"},
    )
    for fields in kinds:
        await worker.command(**about(worker, action="ask", **fields) | said)
    refused = next(event["ask_id"] for event in worker.events("asked") if event["kind"] == "not_ours")
    await worker.command(**about(worker, action="note", text=f"{marker}戊") | said)
    await worker.command(**about(worker, action="refuse_ask", ask_id=refused) | said)
    await worker.command(**about(worker, action="extend", working_days=2) | said)
    assert await marked(ledger, marker) == {"asks", "history", "outbox"}
    await worker.command(**about(worker, action="close") | said | {"by": "周督查"})
    worker.published("")
    await prune(ledger, worker.clock.now().at + timedelta(days=400), worker.clock.now().at + timedelta(days=400))
    async with ledger.transaction() as tx:
        await tx._session.run("delete from outbox")  # published
    assert await marked(ledger, marker) == set()


async def marked(ledger: Ledger, marker: str) -> set[str]:
    """The tables that hold this text, in whatever column."""
    spelled = {marker, orjson.dumps(marker).decode().strip('"'), ascii(marker).strip("'")}
    found = set()
    for name, table in metadata.tables.items():
        for row in await ledger.read(select(table)):
            texts = [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in row]
            if any(one in text for text in texts for one in spelled):
                found.add(name)
    return found
