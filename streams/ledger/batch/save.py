"""Saving a decision: one statement for each kind of change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Table

from schemas.addresses import inbox
from schemas.ladder import LASTING
from streams.ledger import rows, tables
from streams.ledger.batch.outbox import Outbox
from streams.ledger.batch.past import Past
from streams.ledger.batch.producer_records import ProducerRhythms, ProducerStandings
from streams.ledger.batch.refreshes import Refreshes
from streams.ledger.batch.weekly_mails import WeeklyMails
from streams.ledger.engines.weights import Row
from streams.ledger.moments import to_micros
from streams.ledger.part import Part, Work
from streams.ledger.rows import (
    ASK,
    HISTORY,
    NOTICE,
    PROBE,
    PROBLEM,
    REQUEST,
    RUN,
    TICKET,
    Shape,
)
from streams.rules.notices.notices import STOPPED
from streams.rules.state.records import Following, ProbeDay, Problem, Ticket
from streams.rules.state.snapshot import REFRESH_WAIT, Adopted, ChangeSet, Now, Renamed

KEPT: Final = 40  # days of probes; the longest window of a pack is 31
# The condition is written so that it fits no index of pending notices: where PostgreSQL has no figures yet it takes one
# of those for as good as the ticket's own, and reads every pending notice for each ticket: 8.6 ms instead of 0.07 where
# 40,000 wait.
WITHDRAW: Final = (
    "update notices set code = 'withdrawn', updated_at = ? where ticket_pk = ? and state || '' = 'pending' "  # noqa: S608
    f"and kind not in {tuple(sorted(LASTING))!r}"
)
FOLLOW: Final = (
    "insert into followers (ticket_pk, asset_pk, follows, moved, aside) "
    "select pk, asset_pk, goes, cast(? as bigint) = 1, (1 = 0) from (select pk, asset_pk, cast(? as bigint) = 1 "
    "and coalesce(unit_id, '') in ('', {}) and coalesce(unit_id, '') <> coalesce(cast(? as text), '') as goes "
    "from tickets where asset_pk = ? and closed_at is null) as opened where goes or cast(? as bigint) = 1 "
    "on conflict (ticket_pk) do update set aside = excluded.aside, "
    "follows = (followers.follows or excluded.follows), moved = (followers.moved or excluded.moved)"
)
SLICE: Final = 5_000  # rows that are made ready at once


class Saving(Part):
    """`save`."""

    def __init__(
        self,
        work: Work,
        outbox: Outbox,
        standings: ProducerStandings,
        rhythms: ProducerRhythms,
        weeks: WeeklyMails,
        refreshes: Refreshes,
        past: Past,
    ) -> None:
        super().__init__(work)
        self._outbox = outbox
        self._standings = standings
        self._rhythms = rhythms
        self._weeks = weeks
        self._refreshes = refreshes
        self._past = past

    async def save(self, change_set: ChangeSet, now: Now) -> list[int]:
        """Writes everything that was decided; returns the numbers of the outbox chunks, oldest first.

        What a record is (its key, id, asset, check) never changes; such fields are not written again. Pending notices
        of withdrawn tickets are marked, before this decision's own are added: the dispatcher suppresses them.
        """
        at = to_micros(now.at)
        await self._save_problems(change_set.problems, change_set.renamed, at)
        await self._past.save(change_set, at)
        await self._save_tickets(change_set.tickets)
        insert, upsert = self._session.insert_many, self._session.upsert_many
        await insert(TICKET.table, TICKET.columns, [TICKET.every.encode(ticket) for ticket in change_set.new_tickets])
        await upsert(RUN.table, RUN.columns, [RUN.every.encode(run) for run in change_set.runs], overwrite=True)
        await upsert(PROBE.table, PROBE.columns, [PROBE.every.encode(day) for day in change_set.probes], overwrite=True)
        await self._forget_probes(change_set.probes)
        await self._save_requests(change_set)
        await self._save_asks(change_set)
        await self._withdraw(change_set.withdrawn, now)
        await self._suppress(change_set.suppressed, now)
        notices = [(*NOTICE.every.encode(one), inbox(one.channel, one.address)) for one in change_set.notices]
        await upsert(NOTICE.table, (*NOTICE.columns, "inbox"), notices, overwrite=False)
        history = [HISTORY.every.encode(entry) for entry in change_set.history]
        await insert(HISTORY.table, HISTORY.columns, history)
        await self._adopt(change_set.adopted)
        shape = rows.ASSET_SHAPE
        await self._session.update_many(
            tables.assets, shape.columns, [shape.encode(asset) for asset in change_set.assets]
        )
        await self._follow(change_set.following)
        await insert(tables.commands, ("command_id",), [(command_id,) for command_id in change_set.commands])
        await self._standings.save(change_set.cleared, change_set.standings)
        await self._rhythms.save(change_set.rhythms)
        await self._weeks.save(change_set.weeks)
        await self._refreshes.note(change_set.recounts, now.real + change_set.recounts_wait, counters=True)
        await self._refreshes.note(change_set.unpublished, now.real + REFRESH_WAIT)
        return await self._outbox.add(change_set.outbox, now.real)

    async def _save_problems(self, problems: Sequence[Problem], renamed: Sequence[Renamed], at: int) -> None:
        known = [problem for problem in problems if problem.pk]
        if self._session.room.is_full:  # facts that were left out stay as they are; the column takes no empty ones
            light = [problem for problem in known if problem.facts_json is None]
            known = [problem for problem in known if problem.facts_json is not None]
            await self._update(tables.problems, (rows.BUT_FACTS,), light, {}, light)
        # First those that let go of their identity: a new row takes it up.
        await self._update(
            tables.problems, rows.PROBLEM_SHAPES, known, self._work.problems, [problem.key for problem in known]
        )
        if renamed:
            await self._rename(renamed)
        encode = PROBLEM.new.encode
        new = [(*encode(problem), at) for problem in problems if not problem.pk]
        await self._session.insert_many(PROBLEM.table, (*PROBLEM.new.columns, "recorded_at"), new)

    async def _rename(self, renamed: Sequence[Renamed]) -> None:
        """D-14: rows whose identity is another, what it was before, and what is asked about them."""
        each = self._session.run_each
        rows = [(one.key, one.fingerprint, one.pk) for one in renamed if one.pk]
        await self._session.update_many(tables.problems, ("key", "fingerprint", "pk"), rows)
        moves = [(one.key, one.asset_pk, one.former) for one in renamed]
        await each("update former_keys set key = ? where asset_pk = ? and key = ?", moves)
        former = [(one.asset_pk, one.former, one.key) for one in renamed]
        columns = ("asset_pk", "former", "key")
        await self._session.upsert_many(tables.former_keys, columns, former, overwrite=True)
        await self._past.rename(list(renamed))
        same = "other.asset_pk = recheck_requests.asset_pk and other.key = ?"
        free = f"not exists (select 1 from recheck_requests as other where {same})"  # noqa: S608
        await each(
            f"update recheck_requests set key = ? where asset_pk = ? and key = ? and {free}",  # noqa: S608
            [(*move, move[0]) for move in moves],
        )
        await each("delete from recheck_requests where asset_pk = ? and key = ?", [move[1:] for move in moves])

    async def _save_tickets(self, tickets: Sequence[Ticket]) -> None:
        """First those that let go of a cause: one that is open again may take it up (C-40)."""
        taking = [ticket for ticket in tickets if ticket.group_key is not None and self._takes_up(ticket)]
        others = [ticket for ticket in tickets if ticket not in taking] if taking else tickets
        for some in (others, taking):
            pks = [ticket.pk for ticket in some]
            await self._update(tables.tickets, rows.TICKET_SHAPES, some, self._work.tickets, pks)

    def _takes_up(self, ticket: Ticket) -> bool:
        before = self._work.tickets.get(ticket.pk)
        return before is None or before.group_key is None

    async def _update(
        self,
        table: Table,
        shapes: Sequence[Shape],
        records: Sequence[Row],
        loaded: Mapping[Any, Row],
        keys: Sequence[Any],
    ) -> None:
        """Each record by the first of the shapes that holds all its changes; the last one does."""
        find = loaded.get
        changed: dict[Shape, list[Row]] = {shape: [] for shape in shapes}
        for key, record in zip(keys, records, strict=True):
            changed[_fitting(shapes, find(key), record)].append(record)
        for shape, some in changed.items():
            for begin in range(0, len(some), SLICE):
                rows_ = list(map(shape.encode, some[begin : begin + SLICE]))
                await self._session.update_many(table, shape.columns, rows_)

    async def _save_requests(self, change_set: ChangeSet) -> None:
        """Open recheck requests; mostly there are none."""
        upsert = self._session.upsert_many
        if change_set.answered_requests:
            await self._session.run_each(
                "delete from recheck_requests where asset_pk = ? and key = ?", change_set.answered_requests
            )
        if change_set.requests:
            await upsert(
                REQUEST.table,
                REQUEST.columns,
                [REQUEST.every.encode(one) for one in change_set.requests],
                overwrite=True,
            )

    async def _save_asks(self, change_set: ChangeSet) -> None:
        """Open asks; mostly there are none."""
        if change_set.ended_asks:
            await self._session.run_each("delete from asks where ticket_pk = ? and kind = ?", change_set.ended_asks)
        if change_set.asks:
            rows_ = [ASK.every.encode(one) for one in change_set.asks]
            await self._session.upsert_many(ASK.table, ASK.columns, rows_, overwrite=True)

    async def _follow(self, following: Sequence[Following]) -> None:
        """What is noted already for a ticket is noted together with it."""
        for one in following:
            before = one.before or ("",)
            statement = FOLLOW.format(", ".join("?" for _ in before))
            moved, goes, everyone = int(one.moved), int(one.goes), int(one.everyone)
            await self._session.run(statement, moved, goes, *before, one.now, one.asset_pk, everyone)

    async def _forget_probes(self, days: Sequence[ProbeDay]) -> None:
        """No window reaches further back."""
        if days:
            await self._session.run_each(
                "delete from probes where asset_pk = ? and day < ?", [(day.asset_pk, day.day - KEPT) for day in days]
            )

    async def _adopt(self, adopted: Sequence[Adopted]) -> None:
        """Warnings become their ticket's history (D-11); a partial index finds those of the asset."""
        if not adopted:
            return
        fingerprint, former = (
            ("json_extract(body_json, '$.fingerprint')", "lower(hex(former))")
            if self._session.dialect == "sqlite"
            else ("(body_json::json ->> 'fingerprint')", "encode(former, 'hex')")
        )
        await self._session.run_each(
            "update history set ticket_pk = ? where asset_pk = ? and ticket_pk is null and type = 'warned' "  # noqa: S608
            f"and at >= ? and ({fingerprint} = ? or substr({fingerprint}, 3) in "
            f"(select {former} from former_keys where asset_pk = ? and key = ?))",
            [
                (one.ticket_pk, one.asset_pk, to_micros(one.since), one.fingerprint, one.asset_pk, one.key)
                for one in adopted
            ],
        )

    async def _suppress(self, notice_ids: Sequence[str], now: Now) -> None:
        """A person stops pending notices (N-22): the dispatcher takes them at once, and makes their receipts."""
        if notice_ids:
            at = to_micros(now.at)
            await self._session.run_each(
                f"update notices set code = '{STOPPED}', not_before = ?, updated_at = ? "  # noqa: S608
                "where notice_id = ? and state = 'pending'",
                [(at, at, bytes.fromhex(notice_id)) for notice_id in notice_ids],
            )

    async def _withdraw(self, tickets: Sequence[int], now: Now) -> None:
        if tickets:
            at = to_micros(now.at)
            await self._session.run_each(WITHDRAW, [(at, pk) for pk in tickets])


def _fitting(shapes: Sequence[Shape], old: Row | None, record: Row) -> Shape:
    if old is not None and old[0] == record[0]:
        for shape in shapes:
            if shape.covers(old, record):
                return shape
    return shapes[-1]
