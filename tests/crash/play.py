"""Rounds under trouble, and the comparison at the end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from time import monotonic
from typing import Final, TypeVar
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy import func, select

from streams.kafka.admin import end_offsets
from streams.kafka.publisher import OutMessage
from streams.ledger import LedgerUnavailable
from streams.ledger.tables import assets, problems, refreshes, runs, tickets
from streams.local.sms_gateway import SmsGateway
from tests.crash import history
from tests.crash.account import Account, account_of
from tests.crash.expectation import Expected, expected
from tests.crash.trouble import Trouble
from tests.support.pipeline import Pipeline
from tests.support.smtp import SmtpServer
from tests.support.subscriber import Record
from tests.support.worker_process import WorkerProcess

T = TypeVar("T")

CHUNK: Final = 150  # messages published at once
BREATH: Final = 0.1  # seconds between chunks: they are killed at work, not at rest
# The play's producer says of everything that it is gone; at which of its runs it is held (C-45) is up to the order.
# And its contacts get more than ten mails: the eleventh would wait until tomorrow (N-51). Openings are gathered for a
# minute and not for ten, so that the last of them are out soon after the last round, however slow the machine.
PACK: Final = """
pack: crash
version: 1
title: 不因销号过多而核实，邮件不限，合并一分钟
limits:
  producer_brake: {hours: 1, problems: 1, share: 1.0}
sending: {mails_per_contact_and_day: {count: 1000}, gather: {minutes: 1}}
"""
PATIENCE: Final = 300.0  # seconds for a phase to settle, a lease of a sending included


@dataclass(frozen=True, slots=True)
class Played:
    """The end of it."""

    expected: Expected
    account: Account
    trouble: dict[str, int]
    kills: int
    wrong: list[str]  # what a worker could not explain
    rounds: int
    messages: int  # on the topics of findings and commands
    seconds: float


async def play(
    pipeline: Pipeline, trouble: Trouble, *, faults: int, workers: int, planned: Sequence[str] = ()
) -> Played:
    """Rounds, until so many faults have been made, some of them planned."""
    began = monotonic()
    gateway, server = SmsGateway(pipeline.clock, ZoneInfo("Asia/Shanghai")), SmtpServer()
    pack = pipeline.folder / "crash.yaml"
    pack.write_text(PACK, encoding="utf-8")
    async with AsyncExitStack() as stack:
        await gateway.start()
        stack.push_async_callback(gateway.stop)
        server.start()
        stack.callback(server.stop)
        pipeline.given |= {
            "smtp_url": server.url, "smtp_sender": "rectify@example.com", "sms_provider": "kannel",
            "sms_kannel_url": gateway.url, "sms_kannel_username": "u", "sms_kannel_password": "p",
            "sms_kannel_sender": "1069", "policy": str(pack),
        }  # fmt: skip
        for number in range(workers):
            trouble.workers.append(await stack.enter_async_context(_worker(pipeline, trouble, number, workers)))
        await asyncio.gather(*(worker.ready(seconds=PATIENCE) for worker in trouble.workers))
        supervising = asyncio.create_task(trouble.supervise())
        stack.callback(supervising.cancel)
        making = asyncio.create_task(trouble.make(faults, planned))
        number = 0
        while number == 0 or not making.done():
            await _round(pipeline, trouble.chance, number)
            number += 1
        await making
        await _decided(pipeline)
        await patiently(lambda: pipeline.eventually(lambda: _nothing_waits(pipeline), PATIENCE))
        await patiently(lambda: pipeline.settled(PATIENCE))
        await gateway.settle()
        await patiently(lambda: pipeline.settled(PATIENCE))
        records = await patiently(lambda: inbound(pipeline))
        short = [parse_qs(urlsplit(sms.report_url).query)["notice"][0] for sms in gateway.messages]
        account = await account_of(pipeline, short, [_mail(mail.message) for mail in server.mails])
    seconds = monotonic() - began
    return Played(
        expected=expected(pipeline.topics, records),
        account=account,
        trouble=dict(trouble.count),
        kills=trouble.kills,
        wrong=trouble.wrong,
        rounds=number,
        messages=len(records),
        seconds=seconds,
    )


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """The play itself goes on when what it asks is away."""
    while True:
        try:
            return await work()
        except (KafkaError, LedgerUnavailable):
            await asyncio.sleep(BREATH)


def _worker(pipeline: Pipeline, trouble: Trouble, number: int, workers: int) -> WorkerProcess:
    """A fixed name lets a restarted worker take its place at once; the last of several has none."""
    own: dict[str, str] = {} if workers > 1 and number == workers - 1 else {"group_instance_id": f"w{number}"}
    if not trouble.scene.places:
        return pipeline.process(f"w{number}", **own)
    place = trouble.scene.places[number]
    own |= place.settings
    return pipeline.process_on(place.wall, f"w{number}", **own)


async def _round(pipeline: Pipeline, chance: random.Random, number: int) -> None:
    topics = pipeline.topics
    await _flow(pipeline, history.registry(topics, number))
    await _decided(pipeline)
    await _flow(pipeline, history.seen(topics, number, chance))
    await _decided(pipeline)
    of_assets = await patiently(lambda: _single_tickets(pipeline, number))
    await _flow(pipeline, history.answered(topics, number, of_assets))
    await _decided(pipeline)
    await _flow(pipeline, history.back(topics, number))


async def _decided(pipeline: Pipeline) -> None:
    """Returns when everything published is decided; it need not have been said yet."""
    await patiently(lambda: pipeline.eventually(lambda: _is_decided(pipeline), PATIENCE, pipeline.what_is_left))


async def _is_decided(pipeline: Pipeline) -> bool:
    left = [one for one in await pipeline.what_is_left() if not one.startswith(("outbox", "notices"))]
    return not left and not await pipeline.number(select(func.count()).where(runs.c.settle_at.is_not(None)))


async def _flow(pipeline: Pipeline, messages: Sequence[OutMessage]) -> None:
    """Published, whoever is away; afterwards as much is expected as lies there."""
    for start in range(0, len(messages), CHUNK):
        await pipeline.publish(messages[start : start + CHUNK])
        await asyncio.sleep(BREATH)
    for topic in {message.topic for message in messages}:
        ends = await patiently(partial(end_offsets, pipeline.config, [topic]))
        pipeline.published[topic] = sum(ends.values())


async def _single_tickets(pipeline: Pipeline, number: int) -> dict[str, list[str]]:
    """The tickets of the ungrouped problems, by asset and place."""
    query = (
        select(assets.c.asset_id, tickets.c.ticket_id)
        .join_from(problems, assets, assets.c.pk == problems.c.asset_pk)
        .join(tickets, tickets.c.pk == problems.c.ticket_pk)
        .where(problems.c.check_code.like(f"{history.SINGLE}%"))
        .order_by(assets.c.asset_id, problems.c.locator)
    )
    found: dict[str, list[str]] = {asset_id: [] for asset_id in history.assets(number)}
    for asset_id, ticket_id in await pipeline.ledger.read(query):
        if asset_id in found:
            found[asset_id].append(ticket_id)
    return found


async def _nothing_waits(pipeline: Pipeline) -> bool:
    """Neither counters nor runs, whose moments are real ones, by clocks that may have been wrong."""
    await pipeline.hasten()
    counters = await pipeline.number(select(func.count()).select_from(refreshes))
    return not counters and not await pipeline.number(select(func.count()).where(runs.c.settle_at.is_not(None)))


async def inbound(pipeline: Pipeline) -> list[Record]:
    """Everything that lies on the findings and commands topics."""
    names = [pipeline.topics.findings, pipeline.topics.commands]
    ends = {TopicPartition(*place): end for place, end in (await end_offsets(pipeline.config, names)).items()}
    consumer = AIOKafkaConsumer(**pipeline.config.aiokafka_options(), enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(list(ends))
        await consumer.seek_to_beginning(*ends)
        records: list[Record] = []
        while [place for place, end in ends.items() if await consumer.position(place) < end]:
            fetched = await consumer.getmany(timeout_ms=200)
            records += [record for found in fetched.values() for record in found]
    finally:
        await consumer.stop()
    return records


def _mail(message: EmailMessage) -> tuple[str, str]:
    return str(message["Message-ID"]), str(message["Subject"])
