"""The problems of tickets, and the tickets of assets: all of them, or as many as are needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from streams.ledger.batch.wanted import Wanted
from streams.ledger.engines.weights import Row
from streams.ledger.moments import from_micros
from streams.ledger.part import Part
from streams.ledger.rows import PROBLEM, without_facts
from streams.ledger.tables import tickets as tickets_table
from streams.rules.state.records import Problem, Ticket
from streams.rules.state.snapshot import FOLLOWING, Totals

SHOWN: Final = 50  # problems in a ticket's document (contract, "A ticket")
HEIRS: Final = 5  # tickets that are named beside one which cannot be reopened (rule K-19)


class Members(Part):
    """Of a snapshot that is being loaded."""

    async def open_tickets(self, wanted: Wanted) -> set[int]:
        """Of registered assets: those of few are wanted too; who has many comes back."""
        keys, columns = [(pk,) for pk in wanted.registered], ("asset_pk", "pk")
        rows = await self._session.match(
            tickets_table, columns, ("asset_pk",), keys, condition="and closed_at is null", limit=FOLLOWING + 1
        )
        number = Counter(asset_pk for asset_pk, _ in rows)
        few = [pk for asset_pk, pk in rows if number[asset_pk] <= FOLLOWING]
        wanted.ticket_pks = {*wanted.ticket_pks, *few} if few else wanted.ticket_pks
        return {asset_pk for asset_pk, many in number.items() if many > FOLLOWING}

    async def missing(
        self, wanted: Wanted, known: Mapping[bytes, Problem], tickets: Mapping[int, Ticket]
    ) -> tuple[dict[bytes, Problem], dict[int, Totals]]:
        """The other problems of the tickets: all, or the first 50 for the document; sums where some are not here."""
        if not tickets:
            return {}, {}
        have = Counter([problem.ticket_pk for problem in known.values()])
        fragments = [ticket for pk, ticket in tickets.items() if have[pk] < ticket.problem_count]
        if not fragments:
            return {}, {}
        ids, runs = set(wanted.whole_tickets), set(wanted.run_tickets)
        assets = {*(one.asset_pk for one in wanted.judged), *wanted.whole_tickets_of}
        whole: list[Row] = []
        large: list[Row] = []
        shown: list[Row] = []
        for ticket in fragments:
            is_whole = (
                ticket.ticket_id in ids
                or ticket.asset_pk in assets
                or (ticket.asset_pk, ticket.opened_by, ticket.check) in runs
            )
            (whole if ticket.problem_count <= SHOWN else large if is_whole else shown).append((ticket.pk,))
        named = [key for key in shown if tickets[key[0]].ticket_id in wanted.ticket_ids]  # a claim has these looked at
        find, table, columns = self._session.match, PROBLEM.table, PROBLEM.columns
        current, in_order = "and current", "order by ordinal"
        still = f"{current} and status in ('open', 'waived')"
        # A ticket alone has all its texts, those that are shown: however much else there is, it can be published.
        lighter = without_facts if len(tickets) > 1 else None
        rows = [
            *await find(table, columns, ("ticket_pk",), whole, condition=current, lighter=lighter),
            *await find(
                table, columns, ("ticket_pk",), shown, condition=current, order=in_order, limit=SHOWN, lighter=lighter
            ),
            *await find(table, columns, ("ticket_pk",), named, condition=still, order=in_order, limit=SHOWN),
            *await find(
                table, columns, ("ticket_pk",), large, condition=current, order=in_order, lighter=without_facts
            ),
        ]
        added = {row[1]: PROBLEM.decode(row) for row in rows if row[1] not in known}
        have.update(problem.ticket_pk for problem in added.values())
        short = [ticket.pk for ticket in fragments if have[ticket.pk] < ticket.problem_count]
        totals = {pk: found for pk in short if (found := await self._totals(pk)) is not None}
        return added, totals

    async def _totals(self, ticket_pk: int) -> Totals | None:
        """Of all its rows, also of those whose problem has recurred in another ticket (C-6); None without any."""
        ((count, first, last),) = await self._session.rows(
            "select cast(sum(count) as bigint), min(first_seen_at), max(last_seen_at) from problems "
            "where ticket_pk = ?",
            ticket_pk,
        )
        return None if count is None else Totals(count, from_micros(first), from_micros(last))

    async def heirs(self, ticket_pk: int) -> tuple[str, ...]:
        """The tickets that have taken over problems of this one (C-6), a few of them."""
        rows = await self._session.rows(
            "select distinct ticket_id from problems as old "
            "join problems as now on now.asset_pk = old.asset_pk and now.key = old.key and now.current "
            "join tickets on tickets.pk = now.ticket_pk "
            "where old.ticket_pk = ? and not old.current order by ticket_id limit ?",
            ticket_pk,
            HEIRS,
        )
        return tuple(ticket_id for (ticket_id,) in rows)
