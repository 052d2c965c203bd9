"""Every row of a ledger as if it were due: loaded by each `due_*` and decided, and nothing of it kept."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from streams.ledger import Ledger, Transaction
from streams.ledger.batch.recount import LANES
from streams.rules.decide import decide
from streams.rules.scoring.derived import counting
from streams.rules.state.inputs import Derive, Matter, Refresh, Review, Settle, Unanswered
from streams.rules.state.snapshot import Docket, Now
from streams.worker.intake.desk import Desk

MANY = 1_000_000
DUE = (
    "update tickets set next_review_at = 0",
    "update runs set settle_at = 0",
    "update asks set review_at = 0",
    "update assets set derive_at = 0",
    "update tickets set provisional = true",
)


class NothingKept(Exception):
    """Rolls the transaction back."""


async def decide_every_row(ledger: Ledger, desk: Desk) -> None:
    """Raises what a due watch would stumble over; the ledger stays as it was."""
    now = desk.clock.now()
    with suppress(NothingKept):
        async with ledger.transaction() as tx:
            for statement in DUE:
                await tx._session.run(statement)
            for lane in LANES:
                await tx._session.run(
                    "insert into meta (key, value) values (?, '0') on conflict (key) do update set value = '0'", lane
                )
            for (ticket_pk,) in await tx._session.rows("select pk from tickets"):
                await tx._later([ticket_pk], now.real)
            for docket, matters in await _loaded(tx, desk, now):
                for matter in matters:  # each alone, as nothing but its own loading shall help it
                    decide(docket, [matter], now, desk.policy, desk.topics)
            raise NothingKept


async def _loaded(tx: Transaction, desk: Desk, now: Now) -> list[tuple[Docket, list[Matter]]]:
    found: list[tuple[Docket, list[Matter]]] = []
    pks, docket = await tx.due_tickets(now.at, MANY, desk.registry)
    found.append((docket, [Review(pk) for pk in pks]))
    keys, docket = await tx.due_runs(now.real, MANY, desk.registry, since=now.at - timedelta(days=1))
    found.append((docket, [Settle(*key) for key in keys]))
    pks, docket = await tx.due_asks(now.at, MANY, desk.registry)
    found.append((docket, [Unanswered(pk) for pk in pks]))
    pks, docket = await tx.due_counts(now.at, MANY, desk.registry, counting(desk.policy))
    found.append((docket, [Derive(pk) for pk in pks]))
    while (page := await tx.due_recount(MANY, desk.registry)) is not None:
        found.append((page[1], [Review(pk, early=True) for pk in page[0]]))
    while True:
        pks, docket = await tx.due_refresh(now.real, MANY, desk.registry)
        if not pks:
            return found
        found.append((docket, [Refresh(pk) for pk in pks]))
