"""What has come of it: the ledger, the topics as they lie there, and what the mail server and the gateway got."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from streams.ledger.moments import from_micros
from streams.ledger.notice_tables import notices
from streams.ledger.request_tables import asks
from streams.ledger.tables import assets, history, outbox, problems, tickets
from tests.crash.expectation import Place
from tests.support.pipeline import Pipeline
from tests.support.subscriber import Record

LEAVES_WITHIN: Final = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class StoredProblem:
    """A row of the ledger."""

    ticket_id: str
    status: str
    count: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A row of the ledger."""

    version: int
    status: str
    occurrences: int
    problem_count: int
    open_problem_count: int


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A row of the ledger."""

    notice_id: str
    delivery_id: str | None
    ticket_id: str
    kind: str
    channel: str
    state: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that can be known from outside when nothing is left to do."""

    problems: Sequence[tuple[Place, StoredProblem]]
    tickets: dict[str, StoredTicket]
    asks: set[tuple[str, str]]  # ticket and kind of each that is open
    history: Sequence[str]  # ids of events
    notices: Sequence[StoredNotice]
    outbox: int  # chunks that nobody has taken out within half a minute
    events: Sequence[Record]
    ticket_messages: Sequence[Record]
    dead_letters: Sequence[Record]
    short_messages: Sequence[str]  # the id that each carried
    mails: Sequence[tuple[str, str]]  # Message-ID, subject


async def account_of(pipeline: Pipeline, short_messages: Sequence[str], mails: Sequence[tuple[str, str]]) -> Account:
    """Reads it; the subscriber has read everything already (`settled`)."""
    ledger, seen, topics = pipeline.ledger, pipeline.seen, pipeline.topics
    p, t, n = problems.c, tickets.c, notices.c
    of_problems = (
        select(assets.c.asset_id, p.check_code, p.locator, t.ticket_id)
        .add_columns(p.status, p.count, p.first_seen_at, p.last_seen_at)
        .join_from(problems, assets, assets.c.pk == p.asset_pk)
        .join(tickets, t.pk == p.ticket_pk, isouter=True)
    )
    of_tickets = select(t.ticket_id, t.version, t.status, t.occurrences, t.problem_count, t.open_problem_count)
    of_notices = select(n.notice_id, n.delivery_id, t.ticket_id, n.kind, n.channel, n.state, n.code).join_from(
        notices, tickets, t.pk == n.ticket_pk
    )
    of_asks = select(t.ticket_id, asks.c.kind).join_from(asks, tickets, t.pk == asks.c.ticket_pk)
    return Account(
        problems=[
            (Place(*row[:3]), StoredProblem(row[3], row[4], row[5], from_micros(row[6]), from_micros(row[7])))
            for row in await ledger.read(of_problems)
        ],
        tickets={row[0]: StoredTicket(*row[1:]) for row in await ledger.read(of_tickets)},
        asks={tuple(row) for row in await ledger.read(of_asks)},
        history=[row[0] for row in await ledger.read(select(history.c.event_id))],
        notices=[StoredNotice(bytes(row[0]).hex(), *row[1:]) for row in await ledger.read(of_notices)],
        outbox=len(await _staying(pipeline)),
        events=list(seen.records[topics.events]),
        ticket_messages=list(seen.records[topics.tickets]),
        dead_letters=list(seen.dead_letters),
        short_messages=short_messages,
        mails=mails,
    )


async def _staying(pipeline: Pipeline) -> set[int]:
    """The chunks that stay in the outbox: counters are published while this is read, and leave it again."""
    left = await _chunks(pipeline)

    async def is_gone() -> bool:
        return not left & await _chunks(pipeline)

    with suppress(AssertionError):
        await pipeline.eventually(is_gone, LEAVES_WITHIN)
    return left & await _chunks(pipeline)


async def _chunks(pipeline: Pipeline) -> set[int]:
    return {row[0] for row in await pipeline.ledger.read(select(outbox.c.pk))}
