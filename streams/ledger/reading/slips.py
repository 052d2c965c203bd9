"""Slips 整改单 of assets, as they were known at a moment (rule S-6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from streams.ledger.ledger import Ledger
from streams.ledger.moments import from_micros, to_micros
from streams.ledger.past_tables import ticket_facts
from streams.ledger.tables import history, tickets
from streams.rules.scoring.slips import FACTS, Fact, Slip, read_fact, slip
from streams.rules.scoring.stood import Period
from streams.rules.state.terms import frozen_deadline


async def slips(ledger: Ledger, pks: Sequence[int], period: Period) -> dict[int, dict[int, Slip]]:
    """By asset and row number: tickets that were opened by then and were open in the period, or opened in it."""
    begin = to_micros(period.begin)
    chosen = and_(
        tickets.c.asset_pk.in_(pks),
        tickets.c.opened_at <= to_micros(period.as_of),
        or_(tickets.c.closed_at.is_(None), tickets.c.closed_at >= begin, tickets.c.opened_at >= begin),
    )
    facts = await _facts(ledger, chosen, period)
    found: defaultdict[int, dict[int, Slip]] = defaultdict(dict)
    query = select(
        tickets.c.asset_pk, tickets.c.pk, tickets.c.ticket_id, tickets.c.check_code,
        tickets.c.opened_at, tickets.c.due_at, tickets.c.due_unit, tickets.c.deadline_json, tickets.c.status,
        tickets.c.evidence_at, tickets.c.close_reason, tickets.c.closed_at,
    ).where(chosen)  # fmt: skip
    for asset_pk, pk, *row in await ledger.read(query.order_by(tickets.c.pk)):
        found[asset_pk][pk] = slip(_now(row, to_micros(period.as_of)), facts.get(pk, ()))
    return dict(found)


def _now(row: Sequence[Any], as_of: int) -> Slip:
    """As the row has it; what closed it later did not close it by then."""
    ticket_id, check, opened_at, due_at, due_unit, terms, status, evidence_at, close_reason, closed_at = row
    due = frozen_deadline(terms, from_micros(due_at), due_unit, provisional=False).true_due_at
    if closed_at is not None and closed_at > as_of:
        return Slip(ticket_id, check, from_micros(opened_at), due, "open")
    aside = status == "dismissed" or close_reason == "merged"
    word = "aside" if aside else "closed" if status == "closed" else "open"
    evidence = None if evidence_at is None else from_micros(evidence_at)
    return Slip(ticket_id, check, from_micros(opened_at), due, word, evidence, aside=close_reason if aside else None)


async def _facts(ledger: Ledger, chosen: ColumnElement[bool], period: Period) -> dict[int, list[Fact]]:
    """What happened to the tickets by then, in order; what was forgotten of them has left its facts."""
    found: defaultdict[int, list[Fact]] = defaultdict(list)
    for table in (ticket_facts, history):
        query = (
            select(table.c.ticket_pk, table.c.type, table.c.body_json)
            .join(tickets, tickets.c.pk == table.c.ticket_pk)
            .where(chosen, table.c.type.in_(tuple(FACTS)), table.c.at <= to_micros(period.as_of))
            .order_by(table.c.ticket_pk, table.c.pk)
        )
        for pk, kind, body in await ledger.read(query):
            found[pk].append(read_fact(kind, body))
    return dict(found)
