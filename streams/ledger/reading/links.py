"""What a letter's link leads to: its notice, and the tickets that the same letter told of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import literal, select, union

from streams.ledger.ledger import Ledger
from streams.ledger.moments import to_micros
from streams.ledger.notice_tables import notices
from streams.ledger.reading.queries import with_asset
from streams.ledger.rows import NOTICE, PROBLEM, PROBLEM_ROW
from streams.ledger.tables import assets, commands, history, problems, refused_commands, tickets
from streams.rules.state.records import AssetRecord, Notice, Problem, Ticket

_LENGTH: Final = 32  # hexadecimal digits of an id
_MOST: Final = 200  # tickets of one letter
_LATEST: Final = 100  # events of a ticket: more do not come between a command and whoever waits for it


async def notice_named(ledger: Ledger, digits: str) -> Notice | None:
    """The notice whose id is, or begins with, these digits; None if there is none, or several."""
    first, last = (bytes.fromhex(digits.ljust(_LENGTH, end)) for end in "0f")
    columns = [notices.c[name] for name in NOTICE.columns]
    rows = await ledger.read(select(*columns).where(notices.c.notice_id.between(first, last)).limit(2))
    return NOTICE.decode(rows[0]) if len(rows) == 1 else None


async def tickets_told(ledger: Ledger, ticket_pk: int, delivery_id: str | None) -> list[tuple[Ticket, AssetRecord]]:
    """The tickets that a letter told of, the earliest due first: all of its delivery, or the one of its notice."""
    of_delivery = select(notices.c.ticket_pk).where(notices.c.delivery_id == (delivery_id or ""))
    told = union(select(literal(ticket_pk)), of_delivery)  # an `or` would have PostgreSQL walk all tickets
    query = (
        select(tickets, assets)
        .join(assets, assets.c.pk == tickets.c.asset_pk)
        .where(tickets.c.pk.in_(told))
        .order_by(tickets.c.closed_at.is_not(None), tickets.c.due_at, tickets.c.pk)
        .limit(_MOST)
    )
    return [with_asset(row) for row in await ledger.read(query)]


class Recorded(NamedTuple):
    """An event as published, and what it says without the name of the asset; empty for one of before that was kept."""

    event: dict[str, Any]
    sentence: str


async def events_of_ticket(ledger: Ledger, ticket_id: str) -> list[Recorded]:
    """The latest events of a ticket, the newest first."""
    of_ticket = select(tickets.c.pk).where(tickets.c.ticket_id == ticket_id).scalar_subquery()
    query = select(history.c.body_json, history.c.sentence).where(history.c.ticket_pk == of_ticket)
    rows = await ledger.read(query.order_by(history.c.pk.desc()).limit(_LATEST))
    return [Recorded(orjson.loads(body), told or "") for body, told in rows]


async def decided_among(ledger: Ledger, command_ids: Sequence[str]) -> set[str]:
    """Of these commands those that have been carried out or refused (K-4)."""
    query = select(commands.c.command_id).where(commands.c.command_id.in_(command_ids))
    return {row[0] for row in await ledger.read(query)}


async def refused_among(ledger: Ledger, command_ids: Sequence[str]) -> dict[str, str]:
    """Of these commands those that became dead letters, and why (O-17)."""
    query = select(refused_commands.c.command_id, refused_commands.c.code)
    rows = await ledger.read(query.where(refused_commands.c.command_id.in_(command_ids)))
    return {row[0]: row[1] for row in rows}


async def kept_tickets(ledger: Ledger, ticket_ids: Sequence[str], closed_since: datetime) -> set[str]:
    """Of these the tickets that there are and that are open, or were closed since then."""
    query = select(tickets.c.ticket_id).where(
        tickets.c.ticket_id.in_(ticket_ids),
        tickets.c.closed_at.is_(None) | (tickets.c.closed_at >= to_micros(closed_since)),
    )
    return {row[0] for row in await ledger.read(query)}


async def first_problems(ledger: Ledger, ticket_pks: Sequence[int], most: int) -> dict[int, list[Problem]]:
    """Of each ticket its first problems, by the ticket's row number."""
    query = select(*PROBLEM_ROW).where(problems.c.ticket_pk.in_(ticket_pks), problems.c.ordinal <= most)
    found: dict[int, list[Problem]] = {pk: [] for pk in ticket_pks}
    for row in await ledger.read(query.order_by(problems.c.ticket_pk, problems.c.ordinal, problems.c.pk)):
        problem = PROBLEM.decode(row)
        if problem.current or not found[problem.ticket_pk]:
            found[problem.ticket_pk].append(problem)
    return found
