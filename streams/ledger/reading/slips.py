"""Slips 整改单 of assets, as they were known at a moment (rule S-6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, and_, case, or_, select

from streams.ledger.ledger import Ledger
from streams.ledger.moments import from_micros, to_micros
from streams.ledger.past_tables import ticket_facts
from streams.ledger.tables import history, tickets
from streams.rules.scoring.slips import FACTS, Fact, Slip, read_fact, slip
from streams.rules.scoring.stood import Period
from streams.rules.state.terms import true_due

_TABLES: Final = (ticket_facts, history)
_SINCE: Final = tuple(kind for kind in FACTS if kind != "opened")
_TOGETHER: Final = 5_000


class _Told(NamedTuple):
    """A fact, and its place among those of its ticket."""

    table: int
    pk: int
    fact: Fact


def of_page(column: ColumnElement[int], pks: Sequence[int]) -> ColumnElement[bool]:
    """That a row belongs to an asset of a page, which has all assets from its first to its last."""
    return column.between(pks[0], pks[-1])


async def slips(ledger: Ledger, pks: Sequence[int], period: Period) -> dict[int, dict[int, Slip]]:
    """By asset and row number: tickets that were opened by then and were open in the period, or opened in it."""
    begin = to_micros(period.begin)
    chosen = and_(
        of_page(tickets.c.asset_pk, pks),
        tickets.c.opened_at <= to_micros(period.as_of),
        or_(tickets.c.closed_at.is_(None), tickets.c.closed_at >= begin, tickets.c.opened_at >= begin),
    )
    facts = await _facts(ledger, chosen, period)
    found: defaultdict[int, dict[int, Slip]] = defaultdict(dict)
    query = select(
        tickets.c.asset_pk, tickets.c.pk, tickets.c.ticket_id, tickets.c.check_code,
        tickets.c.opened_at, tickets.c.due_at, tickets.c.deadline_json, tickets.c.status,
        tickets.c.evidence_at, tickets.c.close_reason, tickets.c.closed_at,
    ).where(chosen)  # fmt: skip
    for asset_pk, pk, *row in await ledger.read(query.order_by(tickets.c.pk)):
        found[asset_pk][pk] = slip(_now(row, to_micros(period.as_of)), facts.get(pk, ()))
    return dict(found)


def _now(row: Sequence[Any], as_of: int) -> Slip:
    """As the row has it; what closed it later did not close it by then."""
    ticket_id, check, opened_at, due_at, terms, status, evidence_at, close_reason, closed_at = row
    due = true_due(terms, from_micros(due_at))
    if closed_at is not None and closed_at > as_of:
        return Slip(ticket_id, check, from_micros(opened_at), due, "open")
    aside = status == "dismissed" or close_reason == "merged"
    word = "aside" if aside else "closed" if status == "closed" else "open"
    evidence = None if evidence_at is None else from_micros(evidence_at)
    return Slip(ticket_id, check, from_micros(opened_at), due, word, evidence, aside=close_reason if aside else None)


async def _facts(ledger: Ledger, chosen: ColumnElement[bool], period: Period) -> dict[int, list[Fact]]:
    """What happened to the tickets by then, in order; what was forgotten of them has left its facts.

    How a ticket was opened is read only where something has happened to it since, whenever: otherwise its row says it.
    """
    as_of = to_micros(period.as_of)
    found: defaultdict[int, list[_Told]] = defaultdict(list)
    changed: set[int] = set()
    for number, table in enumerate(_TABLES):
        body = case((table.c.at <= as_of, table.c.body_json), else_=None)
        query = _told(table, body).where(chosen, table.c.type.in_(_SINCE))
        for place, pk, kind, told in await ledger.read(query):
            if kind != "escalated":
                changed.add(pk)
            if told is not None:
                found[pk].append(_Told(number, place, read_fact(kind, told)))
    pks = sorted(changed)
    for first in range(0, len(pks), _TOGETHER):
        some = tickets.c.pk.in_(pks[first : first + _TOGETHER])
        for number, table in enumerate(_TABLES):
            query = _told(table, table.c.body_json).where(some, table.c.type == "opened", table.c.at <= as_of)
            for place, pk, kind, told in await ledger.read(query):
                found[pk].append(_Told(number, place, read_fact(kind, told)))
    return {pk: [one.fact for one in sorted(told, key=lambda one: one[:2])] for pk, told in found.items()}


def _told(table: Table, body: ColumnElement[Any]) -> Select[Any]:
    return select(table.c.pk, table.c.ticket_pk, table.c.type, body).join(tickets, tickets.c.pk == table.c.ticket_pk)
