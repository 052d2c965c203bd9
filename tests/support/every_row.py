"""Every row of a ledger as if it were due: loaded by each `due_*` and decided, and nothing of it kept."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from streams.ledger import Ledger, Transaction
from streams.ledger.batch.recount import LANES
from streams.rules.decide import decide
from streams.rules.scoring.derived import counting
from streams.rules.state.inputs import (
    Input,
    JudgeRun,
    PublishTicket,
    RecountAsset,
    ReviewAsks,
    ReviewProducer,
    ReviewRequests,
    ReviewTicket,
    ReviewWeek,
)
from streams.rules.state.snapshot import Now, Snapshot
from streams.worker.intake.batch_processor import BatchProcessor

MANY = 1_000_000
DUE = (
    "update tickets set next_review_at = 0",
    "update runs set settle_at = 0",
    "update recheck_requests set review_at = 0",
    "update asks set review_at = 0",
    "update producer_rhythms set review_at = 0",
    "update weekly_mails set due_at = 0",
    "update assets set derive_at = 0",
    "update tickets set provisional = true",
)


class NothingKept(Exception):
    """Rolls the transaction back."""


async def decide_every_row(ledger: Ledger, processor: BatchProcessor) -> None:
    """Raises what a due watch would stumble over; the ledger stays as it was."""
    now = processor.clock.now()
    with suppress(NothingKept):
        async with ledger.transaction() as tx:
            for statement in DUE:
                await tx._session.run(statement)
            for lane in LANES:
                await tx._session.run(
                    "insert into meta (key, value) values (?, '0') on conflict (key) do update set value = '0'", lane
                )
            for (ticket_pk,) in await tx._session.rows("select pk from tickets"):
                await tx.refreshes.note([ticket_pk], now.real)
            for snapshot, inputs in await _loaded(tx, processor, now):
                for content in inputs:  # each alone, as nothing but its own loading shall help it
                    decide(snapshot, [content], now, processor.policy, processor.topics)
            raise NothingKept


async def _loaded(tx: Transaction, processor: BatchProcessor, now: Now) -> list[tuple[Snapshot, list[Input]]]:
    found: list[tuple[Snapshot, list[Input]]] = []
    pks, snapshot = await tx.due.tickets(now.at, MANY, processor.registry)
    found.append((snapshot, [ReviewTicket(pk) for pk in pks]))
    brake = processor.policy.limits.brake.problems
    keys, snapshot = await tx.due.runs(
        now.real, MANY, processor.registry, brake=brake, since=now.at - timedelta(days=1)
    )
    found.append((snapshot, [JudgeRun(*key) for key in keys]))
    pks, snapshot = await tx.due.requests(now.at, MANY, processor.registry)
    found.append((snapshot, [ReviewRequests(pk) for pk in pks]))
    pks, snapshot = await tx.due.asks(now.at, MANY, processor.registry)
    found.append((snapshot, [ReviewAsks(pk) for pk in pks]))
    sources, snapshot = await tx.due.producers(now.at, MANY, processor.registry)
    found.append((snapshot, [ReviewProducer(source, "office@city.gov.cn") for source in sources]))
    units, snapshot = await tx.due.weeks(now.at, MANY, processor.registry)
    found.append((snapshot, [ReviewWeek(unit_id) for unit_id in units]))
    pks, snapshot = await tx.due.counts(now.at, MANY, processor.registry, counting(processor.policy))
    found.append((snapshot, [RecountAsset(pk) for pk in pks]))
    while (page := await tx.recount.due(MANY, processor.registry)) is not None:
        found.append((page[1], [ReviewTicket(pk, early=True) for pk in page[0]]))
    while True:
        pks, snapshot = await tx.due.refreshes(now.real, MANY, processor.registry)
        if not pks:
            return found
        found.append((snapshot, [PublishTicket(pk) for pk in pks]))
