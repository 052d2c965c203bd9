"""Loading a snapshot: everything that a batch touches, with one query for each way of asking."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Final

from streams.ledger.batch.assets import Assets
from streams.ledger.batch.members import Members
from streams.ledger.batch.pending_followers import PendingFollowers
from streams.ledger.batch.producer_records import ProducerStandings
from streams.ledger.batch.told import Told
from streams.ledger.batch.wanted import Wanted
from streams.ledger.engines.weights import Row
from streams.ledger.moments import to_micros
from streams.ledger.part import Part, Work
from streams.ledger.rows import ASK, NOTICE, PROBE, PROBLEM, REQUEST, RUN, TICKET, without_facts
from streams.ledger.tables import commands, former_keys
from streams.rules.state.asks import AskKey
from streams.rules.state.records import Ask, Notice, OpenRequest, ProbeDay, Problem, Ticket
from streams.rules.state.snapshot import Needs, ProbeKey, Registry, Snapshot
from streams.rules.tickets.grouping import former_group

LATER: Final = 50  # runs of an asset that may outdate a sighting which comes late (rule C-41)

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


_TO_JUDGE: Final = (
    "and current and (status = 'open' and last_seen_at <= :1 or status not in ('open', 'gone') "
    "or status = 'gone' and (suspicion_json is not null or gone_at >= :2))"
)
"""What may change: what is gone does only while it is suspected or warned of again, or by a late run (C-41)."""


class Loading(Part):
    """`load`, and what due work loads."""

    def __init__(
        self,
        work: Work,
        assets: Assets,
        members: Members,
        pending_followers: PendingFollowers,
        standings: ProducerStandings,
        told: Told,
    ) -> None:
        super().__init__(work)
        self._assets = assets
        self._members = members
        self._pending_followers = pending_followers
        self._standings = standings
        self._told = told

    async def load(self, needs: Needs, registry: Registry, known: Snapshot | None = None) -> Snapshot:
        """Locks the assets (creating those that are new), then reads what `needs` names.

        A ticket asked for by id is only found when its asset is one of the locked ones. `known` was loaded before in
        this transaction: its assets are locked and what it holds is not read again.
        """
        named = {item[0] for items in (needs.checks, needs.runs, needs.run_tickets) for item in items}
        wanted = needs.asset_ids | needs.registered | named
        assets = known.assets if known is not None else await self._assets.lock(wanted)
        snapshot = await self.snapshot(
            registry,
            Wanted(
                assets=assets,
                problem_keys=[(assets[asset].pk, key) for asset, key in needs.problem_keys],
                former_keys=[(assets[asset].pk, key) for asset, key in needs.former_keys],
                group_keys=needs.group_keys,
                ticket_pks=needs.ticket_pks,
                ticket_ids=needs.ticket_ids,
                whole_tickets=needs.whole_tickets,
                checks=[(assets[asset].pk, check) for asset, check in needs.checks],
                registered=[assets[asset].pk for asset in needs.registered],
                whole_tickets_of=[assets[asset].pk for asset in needs.removed],
                awaiting=[assets[asset].pk for asset in needs.awaiting],
                runs=[(assets[asset].pk, source, run) for asset, source, run in needs.runs],
                held_runs=[assets[asset].pk for asset in needs.held_runs],
                later_runs=[assets[asset].pk for asset in needs.later_runs],
                later_since=needs.later_since,
                requests=[assets[asset].pk for asset in needs.requests],
                run_tickets=[
                    (assets[asset].pk, f"{source}\t{run}", check) for asset, source, run, check in needs.run_tickets
                ],
                command_ids=needs.command_ids,
                notice_ids=needs.notice_ids,
                reassigned=needs.reassigned,
                reopened=needs.reopened,
                new_tickets=needs.new_tickets,
            ),
            known,
        )
        snapshot.standings = await self._standings.of(needs.standings, needs.standings_since)
        return await self._with_rivals(snapshot, known)

    async def _with_rivals(self, snapshot: Snapshot, known: Snapshot | None) -> Snapshot:
        """With the open tickets that have taken the causes of those which may be open again (C-40)."""
        closed = [ticket for ticket in snapshot.tickets.values() if ticket.closed_at is not None and ticket.cause]
        if not closed:
            return snapshot
        names = {asset.pk: asset.asset_id for asset in snapshot.assets.values()}
        causes = {former_group(names[ticket.asset_pk], ticket) for ticket in closed}
        here = snapshot if known is None else known.with_more(snapshot)
        keys = {key for key in causes if key is not None and key not in here.groups}
        if not keys:
            return snapshot
        return snapshot.with_more(
            await self.snapshot(snapshot.registry, Wanted(snapshot.assets, group_keys=keys), here)
        )

    async def snapshot(self, registry: Registry, wanted: Wanted, known: Snapshot | None = None) -> Snapshot:
        """What `wanted` names, of assets that are locked; `known` as for `load`."""
        notices = await self._notices(wanted)
        renamed = await self._renamed(wanted)
        crowded = await self._members.open_tickets(wanted)
        problems = await self._problems(wanted)
        with_ticket: list[Problem] = []  # a repeat needs no ticket
        if wanted.checks or wanted.judged:
            # A recheck or a registration in the same fetch may be about the same problem as a repeat.
            named, checks = set(wanted.problem_keys), set(wanted.checks)
            whole = {one.asset_pk for one in wanted.judged}
            with_ticket = [
                problem
                for problem in problems.values()
                if (pk := problem.asset_pk) in whole or (pk, problem.key) not in named or (pk, problem.check) in checks
            ]
        tickets = await self._tickets(wanted, with_ticket)
        followers = await self._pending_followers.take_first(wanted, tickets)
        have = problems if known is None else known.problems | problems
        added, totals = await self._members.missing(wanted, have, tickets)
        if self._session.room.is_crowded:  # then their tickets follow page by page, down to one alone
            crowded |= set(wanted.registered)
        problems |= added
        runs = {(run.asset_pk, run.source, run.run_id): run for run in map(RUN.decode, await self._runs(wanted))}
        snapshot = Snapshot(
            registry=registry,
            assets=wanted.assets,
            problems=problems,
            tickets=tickets,
            groups={ticket.group_key: pk for pk, ticket in tickets.items() if ticket.group_key is not None},
            runs=runs,
            commands=await self._acted(wanted.command_ids),
            totals=totals,
            ticket_pks=await self._work.reservation.reserve(self._session, wanted.new_tickets),
            probes=await self.probes(wanted.probes),
            notices=notices,
            requests=await self.requests(wanted.requests),
            asks=await self._asks(tickets.values()),
            renamed=renamed,
            awaiting=await self._awaiting(wanted.awaiting),
            crowded=crowded,
            followers=followers,
            told=await self._told.of(registry, wanted, tickets, followers),
            heirs={
                pk: await self._members.heirs(pk) for pk, one in tickets.items() if one.ticket_id in wanted.reopened
            },
        )
        work = self._work
        work.problems = work.problems | problems if work.problems else problems
        work.tickets = work.tickets | tickets if work.tickets else tickets
        return snapshot

    async def _notices(self, wanted: Wanted) -> dict[str, Notice]:
        """Those that commands name, locked against the dispatcher; their tickets are wanted too."""
        if not wanted.notice_ids:
            return {}
        lock = "for update" if self._session.dialect == "postgresql" else ""
        keys = [(bytes.fromhex(notice_id),) for notice_id in sorted(wanted.notice_ids)]
        rows = await self._session.match(NOTICE.table, NOTICE.columns, ("notice_id",), keys, order=lock)
        notices = {notice.notice_id: notice for notice in map(NOTICE.decode, rows)}
        locked = {asset.pk for asset in wanted.assets.values()}
        tickets = {notice.ticket_pk for notice in notices.values() if notice.asset_pk in locked}
        wanted.ticket_pks = {*wanted.ticket_pks, *tickets}
        wanted.following = {*wanted.following, *tickets}
        return notices

    async def _renamed(self, wanted: Wanted) -> dict[bytes, bytes]:
        """What former identities are now; their problems are wanted too (rule D-14)."""
        if not wanted.former_keys:
            return {}
        columns = ("asset_pk", "former", "key")
        rows = await self._session.match(former_keys, columns, columns[:2], list(wanted.former_keys))
        wanted.problem_keys = [*wanted.problem_keys, *((row[0], bytes(row[2])) for row in rows)]
        return {bytes(row[1]): bytes(row[2]) for row in rows}

    async def _problems(self, wanted: Wanted) -> dict[bytes, Problem]:
        find, table, columns = self._session.match, PROBLEM.table, PROBLEM.columns
        rows: list[Row] = []
        if wanted.problem_keys:
            by = ("asset_pk", "key")
            rows += await find(table, columns, by, list(wanted.problem_keys), condition="and current")
        if wanted.asked_about:
            by, keys = ("asset_pk", "key"), list(wanted.asked_about)
            rows += await find(table, columns, by, keys, condition="and current", lighter=without_facts)
        if wanted.checks:
            by = ("asset_pk", "check_code")  # one index serves identity and asset; of an asset's the database reads all
            rows += await find(table, columns, by, list(wanted.checks), condition="and current", lighter=without_facts)
        if wanted.judged:
            judged = [(one.asset_pk, to_micros(one.until), to_micros(one.since)) for one in wanted.judged]
            rows += await find(table, columns, ("asset_pk",), judged, condition=_TO_JUDGE, lighter=without_facts)
        decode = PROBLEM.decode
        return {row[1]: decode(row) for row in rows}

    async def _tickets(self, wanted: Wanted, problems: Iterable[Problem]) -> dict[int, Ticket]:
        find, table, columns, decode = self._session.match, TICKET.table, TICKET.columns, TICKET.decode
        rows: list[Row] = []
        if wanted.group_keys:
            rows += await find(table, columns, ("group_key",), [(key,) for key in wanted.group_keys])
        if wanted.ticket_ids:
            rows += await find(table, columns, ("ticket_id",), [(ticket_id,) for ticket_id in wanted.ticket_ids])
        if wanted.run_tickets:
            rows += await find(table, columns, ("asset_pk", "opened_by", "check_code"), list(wanted.run_tickets))
        tickets = {row[0]: decode(row) for row in rows}
        pks = {problem.ticket_pk for problem in problems}
        pks.update(wanted.ticket_pks)
        pks.discard(0)
        pks.difference_update(tickets)
        if pks:
            tickets |= {row[0]: decode(row) for row in await find(table, columns, ("pk",), [(pk,) for pk in pks])}
        if wanted.ticket_ids:
            locked = {asset.pk for asset in wanted.assets.values()}
            tickets = {pk: ticket for pk, ticket in tickets.items() if ticket.asset_pk in locked}
        return tickets

    async def _awaiting(self, asset_pks: Collection[int]) -> frozenset[int]:
        """Which tickets of these assets await a sighting: few, by an index that holds no others."""
        if not asset_pks:
            return frozenset()
        keys = [(pk,) for pk in asset_pks]
        waits = "and awaits_sighting and closed_at is null"
        return frozenset(
            row[0] for row in await self._session.match(TICKET.table, ("pk",), ("asset_pk",), keys, condition=waits)
        )

    async def _runs(self, wanted: Wanted) -> Iterable[Row]:
        find, table, columns = self._session.match, RUN.table, RUN.columns
        rows: list[Row] = []
        if wanted.runs:
            rows += await find(table, columns, ("asset_pk", "source", "run_id"), list(wanted.runs))
        if wanted.held_runs:
            rows += await find(
                table, columns, ("asset_pk",), [(pk,) for pk in wanted.held_runs], condition="and state = 'held'"
            )
        if wanted.later_runs:
            since = to_micros(wanted.later_since or _LONG_AGO)
            rows += await find(
                table, columns, ("asset_pk",), [(pk, since) for pk in wanted.later_runs],
                condition="and state = 'settled' and evidence_at >= :1",
                order="order by evidence_at desc", limit=LATER,
            )  # fmt: skip
        return rows

    async def requests(self, asset_pks: Collection[int]) -> dict[bytes, OpenRequest]:
        """All open recheck requests of these assets, by identity."""
        if not asset_pks:
            return {}
        rows = await self._session.match(REQUEST.table, REQUEST.columns, ("asset_pk",), [(pk,) for pk in asset_pks])
        return {request.key: request for request in map(REQUEST.decode, rows)}

    async def _asks(self, tickets: Iterable[Ticket]) -> dict[AskKey, Ask]:
        """Those of the tickets that are open; others have none."""
        keys = [(ticket.pk,) for ticket in tickets if ticket.closed_at is None]
        if not keys:
            return {}
        rows = await self._session.match(ASK.table, ASK.columns, ("ticket_pk",), keys)
        return {(ask.ticket_pk, ask.kind): ask for ask in map(ASK.decode, rows)}

    async def probes(self, keys: Collection[ProbeKey]) -> dict[ProbeKey, ProbeDay]:
        """What was counted of these assets on these days."""
        if not keys:
            return {}
        rows = await self._session.match(PROBE.table, PROBE.columns, ("asset_pk", "day"), list(keys))
        return {(day.asset_pk, day.day): day for day in map(PROBE.decode, rows)}

    async def _acted(self, command_ids: Collection[str]) -> set[str]:
        if not command_ids:
            return set()
        keys = [(command_id,) for command_id in command_ids]
        return {row[0] for row in await self._session.match(commands, ("command_id",), ("command_id",), keys)}
