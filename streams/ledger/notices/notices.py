"""Notices: what is to be sent, to whom, and what became of it. States only move forward.

pending -> sending -> accepted -> delivered | undelivered
sending -> uncertain -> accepted | delivered | undelivered   (a late report settles it)
sending -> pending                                           (a retry)
pending, sending -> suppressed | expired | dead
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from schemas.addresses import inbox
from schemas.channels import CHANNELS
from schemas.ladder import ABOUT_ASKS
from streams.ledger.batch.members import SHOWN
from streams.ledger.engines.statements import quoted
from streams.ledger.engines.weights import Row
from streams.ledger.moments import from_micros, maybe_micros, to_micros
from streams.ledger.part import Part
from streams.ledger.rows import ASK, ASSET, NOTICE, PROBLEM, TICKET
from streams.ledger.tables import former_keys
from streams.rules.notices.silence_mails import SILENT
from streams.rules.notices.weekly_mails import WEEKLY
from streams.rules.state.records import Ask, AssetRecord, Notice, Problem, Ticket

_COMES_FROM: Final = {
    "pending": ("pending", "sending"),
    "accepted": ("sending", "uncertain"),
    "delivered": ("sending", "accepted", "uncertain"),
    "undelivered": ("sending", "accepted", "uncertain"),
    "uncertain": ("sending",),
    "suppressed": ("pending", "sending"),
    "expired": ("pending", "sending"),
    "dead": ("pending", "sending"),
}
_HAS_BEEN_SENT: Final = ("accepted", "delivered", "undelivered", "uncertain")
_COLUMNS: Final = quoted(NOTICE.columns)
_GATHERING: Final = ("opened", "warned")
_SHARING: Final = 1_000  # notices in one letter at most
_TOGETHER: Final = 500  # notices in one statement
_OLDEST: Final = " union all ".join(
    f"select min(not_before) from notices where state = 'pending' and channel = '{channel}'"  # noqa: S608
    for channel in CHANNELS
)
_TURN: Final = (
    "insert into meta (key, value) values (?, '') on conflict (key) do update set value = excluded.value returning key"
)


@dataclass(frozen=True, slots=True)
class DueNotices:
    """Picked notices, locked until the transaction ends, with what their letters are made of."""

    notices: list[Notice]
    tickets: dict[int, Ticket]  # by pk, as they now stand
    assets: dict[int, AssetRecord]  # by pk
    problems: dict[int, list[Problem]]  # by ticket pk: the first 50 current ones, by ordinal
    warned: dict[str, Problem]  # by notice id: the problem that a notice without a ticket is about, as it now stands
    asks: Sequence[Ask] = ()  # the open ones of tickets of which a notice tells that something is asked


class Notices(Part):
    """The dispatcher's half of the ledger."""

    async def due(
        self,
        at: datetime,
        real: datetime,
        limit: int,
        channel: str | None = None,
        only: Collection[str] | None = None,
    ) -> DueNotices:
        """Pending notices whose time has come (`at`), and those `sending` whose lease is over (`real`): a crash.

        With each pending one come the others that wait for the same channel and inbox and are due too, or openings
        or warnings still gathering, so that they can share a letter; with each one left `sending`, the rest of its
        delivery. What another worker holds is left out. Workers pick a channel's notices one after the other: two at
        once would tear a digest apart, or each send the one short message of the day.
        With `only`, these alone. What is taken up stands in `picked` before more than its id is read.
        """
        lock = "for update skip locked" if self._session.dialect == "postgresql" else ""
        if lock:
            await self._session.rows(_TURN, f"picking:{channel or ''}")
        if only is not None:
            return await self._with_contents(await self._named(only, to_micros(real), lock))
        of_channel = "" if channel is None else f"and channel = '{channel}'"
        left = await self._left_sending(to_micros(real), limit, of_channel, lock)
        picked = await self._pending(to_micros(at), limit, of_channel, lock)
        await self._add_mates(picked, at, lock)
        for notice in (*left, *await self._rest_of(left, lock)):
            picked.setdefault(notice.notice_id, notice)
        return await self._with_contents([*picked.values()])

    async def _named(self, only: Collection[str], real: int, lock: str) -> list[Notice]:
        keys = [(bytes.fromhex(one), real) for one in only]
        free = "and (state = 'pending' or state = 'sending' and lease_until < :1)"
        return self._taken(
            await self._session.match(NOTICE.table, NOTICE.columns, ("notice_id",), keys, condition=free, order=lock)
        )

    async def _left_sending(self, real: int, limit: int, of_channel: str, lock: str) -> list[Notice]:
        return self._taken(
            await self._session.rows(
                f"select {_COLUMNS} from notices where state = 'sending' and lease_until < ? {of_channel} "  # noqa: S608
                f"order by lease_until limit ? {lock}",
                real,
                limit,
            )
        )

    async def _pending(self, at: int, limit: int, of_channel: str, lock: str) -> dict[str, Notice]:
        due: list[Any] = []
        for urgency in ("exempt", "not exempt"):  # rule N-20
            if len(due) < limit:
                due += await self._session.rows(
                    f"select {_COLUMNS} from notices where state = 'pending' and {urgency} and not_before <= ? "  # noqa: S608
                    f"{of_channel} order by not_before limit ? {lock}",
                    at,
                    limit - len(due),
                )
        return {notice.notice_id: notice for notice in self._taken(due)}

    async def _add_mates(self, picked: dict[str, Notice], at: datetime, lock: str) -> None:
        """What waits for the same inboxes, so that they can share a letter."""
        boxes = {(notice.channel, inbox(notice.channel, notice.address)) for notice in picked.values()}
        mates = await self._session.match(
            NOTICE.table,
            NOTICE.columns,
            ("channel", "inbox"),
            sorted(boxes),
            condition="and state = 'pending'",
            order=f"order by not_before {lock}",
            limit=_SHARING,
        )
        for mate in self._taken(mates):
            if mate.not_before <= at or mate.kind in _GATHERING:
                picked.setdefault(mate.notice_id, mate)
            elif mate.notice_id not in picked:
                del self._work.picked[mate.notice_id]

    async def _rest_of(self, left: Sequence[Notice], lock: str) -> list[Notice]:
        """The other notices of deliveries that a crash has left `sending`."""
        rows = await self._session.match(
            NOTICE.table,
            NOTICE.columns,
            ("delivery_id",),
            sorted({(notice.delivery_id,) for notice in left if notice.delivery_id is not None}),
            condition="and state = 'sending'",
            order=f"order by notice_id {lock}",
        )
        return self._taken(rows)

    def _taken(self, rows: Sequence[Row]) -> list[Notice]:
        self._work.picked.update((bytes(row[0]).hex(), 0) for row in rows)
        return [NOTICE.decode(row) for row in rows]

    async def _with_contents(self, notices: list[Notice]) -> DueNotices:
        find = self._session.match
        ticket_pks = [(pk,) for pk in {notice.ticket_pk for notice in notices} if pk]
        asset_pks = [(pk,) for pk in {notice.asset_pk for notice in notices} if pk]
        tickets = map(TICKET.decode, await find(TICKET.table, TICKET.columns, ("pk",), ticket_pks))
        assets = map(ASSET.decode, await find(ASSET.table, ASSET.columns, ("pk",), asset_pks))
        rows = await find(
            PROBLEM.table,
            PROBLEM.columns,
            ("ticket_pk",),
            ticket_pks,
            condition="and current",
            order="order by ordinal",
            limit=SHOWN,
        )
        problems: dict[int, list[Problem]] = {pk: [] for (pk,) in ticket_pks}
        for problem in map(PROBLEM.decode, rows):
            problems[problem.ticket_pk].append(problem)
        return DueNotices(
            notices,
            {ticket.pk: ticket for ticket in tickets},
            {asset.pk: asset for asset in assets},
            problems,
            await self._warned(notices),
            await self._asked(notices),
        )

    async def _asked(self, notices: Sequence[Notice]) -> list[Ask]:
        pks = sorted({(notice.ticket_pk,) for notice in notices if notice.kind in ABOUT_ASKS})
        order = "order by asked_at, kind"
        return [
            ASK.decode(row)
            for row in await self._session.match(ASK.table, ASK.columns, ("ticket_pk",), pks, order=order)
        ]

    async def _warned(self, notices: list[Notice]) -> dict[str, Problem]:
        keys = {
            notice.notice_id: (notice.asset_pk, bytes.fromhex(orjson.loads(notice.subject_json)["key"]))
            for notice in notices
            if notice.subject_json is not None and notice.kind not in (SILENT, WEEKLY)
        }
        if not keys:
            return {}
        wanted = set(keys.values())
        columns = ("asset_pk", "former", "key")
        renamed = await self._session.match(former_keys, columns, columns[:2], sorted(wanted))
        now = {(row[0], bytes(row[1])): (row[0], bytes(row[2])) for row in renamed}  # rule D-14
        wanted.update(now.values())
        rows = await self._session.match(
            PROBLEM.table, PROBLEM.columns, ("asset_pk", "key"), sorted(wanted), condition="and current"
        )
        found = {(problem.asset_pk, problem.key): problem for problem in map(PROBLEM.decode, rows)}
        here = {notice_id: found.get(key) or found.get(now.get(key, key)) for notice_id, key in keys.items()}
        return {notice_id: problem for notice_id, problem in here.items() if problem is not None}

    async def mark_sending(
        self, notices: Sequence[tuple[str, str | None]], lease_until: datetime, at: datetime
    ) -> None:
        """Records that the provider is about to be called; `lease_until` (real) says how long this worker may take.

        `notices` are ids, each with that of the letter that it goes into; one that is there already stays.
        """
        lease, now = to_micros(lease_until), to_micros(at)
        await self._session.run_each(
            "update notices set state = 'sending', attempts = attempts + 1, lease_until = ?, sent_at = ?, "
            "updated_at = ?, delivery_id = coalesce(delivery_id, ?) "
            "where notice_id = ? and state in ('pending', 'sending')",
            [(lease, now, now, delivery_id, bytes.fromhex(notice_id)) for notice_id, delivery_id in notices],
        )

    async def finish(
        self,
        notice_ids: Sequence[str],
        state: str,
        provider: str | None,
        code: str | None,
        at: datetime,
        not_before: datetime | None = None,
    ) -> list[str]:
        """Records what became of notices; `pending` with `not_before` is a retry or a hold. Those that moved.

        A state that does not lead forward from where a notice stands leaves it as it is.
        """
        before = ", ".join(f"'{name}'" for name in _COMES_FROM[state])
        sent = "sent_at" if state in _HAS_BEEN_SENT else "null"
        moved: set[str] = set()
        for first in range(0, len(notice_ids), _TOGETHER):
            test, ids = self._these([bytes.fromhex(one) for one in notice_ids[first : first + _TOGETHER]])
            rows = await self._session.rows(
                f"update notices set state = '{state}', provider = coalesce(?, provider), code = ?, updated_at = ?, "  # noqa: S608
                f"not_before = coalesce(?, not_before), lease_until = null, sent_at = {sent} "
                f"where {test} and state in ({before}) returning notice_id",
                provider,
                code,
                to_micros(at),
                maybe_micros(not_before),
                *ids,
            )
            moved.update(bytes(row[0]).hex() for row in rows)
        return [notice_id for notice_id in notice_ids if notice_id in moved]

    def _these(self, ids: list[bytes]) -> tuple[str, Sequence[object]]:
        """How the dialect says that a notice is one of these, and the parameters of it."""
        if self._session.dialect == "postgresql":
            return "notice_id = any(?::bytea[])", (ids,)
        return f"notice_id in ({', '.join('?' * len(ids))})", ids

    async def report(self, notice_id: str, state: str, code: str | None, at: datetime) -> bool:
        """A provider's delivery report, in any order and repeated; whether it changed anything."""
        return bool(await self.finish([notice_id], state, None, code, at))

    async def sent_since(self, channel: str, inboxes: Collection[str], since: datetime) -> dict[str, int]:
        """Letters to these inboxes for which a provider was called since then (domain's clock)."""
        names = list(inboxes)
        any_of = "= any(?::text[])" if self._session.dialect == "postgresql" else f"in ({', '.join('?' * len(names))})"
        rows = await self._session.rows(
            "select inbox, count(distinct coalesce(delivery_id, '')) from notices "  # noqa: S608 - only ? and our words
            f"where inbox {any_of} and sent_at >= ? and channel = ? group by inbox",
            *([names] if self._session.dialect == "postgresql" else names),
            to_micros(since),
            channel,
        )
        return {str(one): int(count) for one, count in rows}

    async def oldest_due_unsent(self, at: datetime) -> datetime | None:
        """Since when the oldest notice that may be sent now has been waiting."""
        rows = await self._session.rows(_OLDEST)
        oldest = min((moment for (moment,) in rows if moment is not None), default=None)
        return None if oldest is None or oldest > to_micros(at) else from_micros(oldest)
