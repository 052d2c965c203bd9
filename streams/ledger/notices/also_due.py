"""What is overdue or due soon, for the further rows of a letter (rule N-27): read when it is written, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from streams.ledger.moments import to_micros
from streams.ledger.part import Part
from streams.ledger.rows import ASSET, PROBLEM, TICKET
from streams.rules.state.records import AssetRecord, Problem, Ticket


@dataclass(frozen=True, slots=True)
class Pressing:
    """The most urgent open tickets, each with its first problem; and how many there are in all."""

    tickets: list[Ticket] = field(default_factory=list)
    assets: dict[int, AssetRecord] = field(default_factory=dict)  # by pk
    problems: dict[int, list[Problem]] = field(default_factory=dict)  # by ticket pk
    count: int = 0
    overdue: int = 0


class PressingTickets(Part):
    """Read once a letter."""

    async def tickets(self, unit_ids: Sequence[str], at: datetime, before: datetime, limit: int) -> Pressing:
        """Open tickets of these units that are due before then, the earliest first."""
        if not unit_ids:
            return Pressing()
        marks = ", ".join("?" * len(unit_ids))
        rows = await self._session.rows(
            "select pk, count(*) over (), sum(case when due_at < ? then 1 else 0 end) over () from tickets "  # noqa: S608
            f"where unit_id in ({marks}) and closed_at is null and status in ('open', 'acknowledged', 'claimed') "
            "and due_at < ? order by due_at, pk limit ?",
            to_micros(at),
            *unit_ids,
            to_micros(before),
            limit,
        )
        if not rows:
            return Pressing()
        find, pks = self._session.match, [(row[0],) for row in rows]
        found = {
            ticket.pk: ticket for ticket in map(TICKET.decode, await find(TICKET.table, TICKET.columns, ("pk",), pks))
        }
        tickets = [found[pk] for (pk,) in pks]
        asset_pks = [(pk,) for pk in {ticket.asset_pk for ticket in tickets}]
        assets = map(ASSET.decode, await find(ASSET.table, ASSET.columns, ("pk",), asset_pks))
        first = await find(
            PROBLEM.table,
            PROBLEM.columns,
            ("ticket_pk",),
            pks,
            condition="and current",
            order="order by ordinal",
            limit=1,
        )
        problems: dict[int, list[Problem]] = {pk: [] for (pk,) in pks}
        for problem in map(PROBLEM.decode, first):
            problems[problem.ticket_pk].append(problem)
        return Pressing(tickets, {asset.pk: asset for asset in assets}, problems, int(rows[0][1]), int(rows[0][2]))
