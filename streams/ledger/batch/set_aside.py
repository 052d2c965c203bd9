"""Setting aside (O-14): a row for which due work fails loses its moment and is noted; putting it back restores it.

So the queries of what is due stay as they are, and whatever changes the row makes it due again. A note goes when the
row has been dealt with, be it because somebody has put it back or because it fell due by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgpack  # type: ignore[import-untyped]

from streams.ledger.batch.recount import LANES
from streams.ledger.batch.refreshes import Refreshes
from streams.ledger.batch.registry import NEXT_VERSION
from streams.ledger.moments import from_micros, to_micros
from streams.ledger.part import Part, Work
from streams.rules.state.snapshot import Now

_NEVER: Final = 253_370_764_800_000_000  # microseconds: the year 9999, for a moment that must not be empty


class _Kind(NamedTuple):
    """Statements about one row. `away` and `back` take the moment first, by the kind's clock, then the row's key."""

    see: str  # its moment, and how people call it
    away: str | None
    back: str | None
    by_wall: bool = False  # due by the wall clock, not the domain's


_TICKET: Final = _Kind(
    "select next_review_at, ticket_id from tickets where pk = ?",
    "update tickets set next_review_at = null where next_review_at <= ? and pk = ?",
    "update tickets set next_review_at = ? where pk = ?",
)
_HANDED_OVER: Final = (
    "update handovers set ticket_pk = ? where ticket_pk < ? and unit_id = (select unit_id from tickets where pk = ?)"
)
KINDS: Final = {
    "ticket": _TICKET,
    "recount": _TICKET._replace(see="select null, ticket_id from tickets where pk = ?", away=None),
    "handover": _Kind(
        "select null, ticket_id from tickets where pk = ?",
        None,
        "insert into handovers (unit_id, merged, introduced, asset_pk, ticket_pk, last_pk) "
        "select unit_id, (1 = 0), (1 = 1), 0, pk - 1, pk from tickets where cast(? as bigint) > 0 and pk = ? "
        "on conflict (unit_id) do update set ticket_pk = excluded.ticket_pk "
        "where excluded.ticket_pk < handovers.ticket_pk",
    ),
    "follower": _Kind(
        "select null, ticket_id from tickets where pk = ?",
        "update followers set aside = (1 = 1) where cast(? as bigint) > 0 and ticket_pk = ?",
        "update followers set aside = (1 = 0) where cast(? as bigint) > 0 and ticket_pk = ?",
    ),
    "refresh": _Kind("select null, ticket_id from tickets where pk = ?", None, None, by_wall=True),
    "run": _Kind(
        "select settle_at, asset_id || ' ' || source || ' ' || run_id from runs join assets on pk = asset_pk "
        "where asset_pk = ? and source = ? and run_id = ?",
        "update runs set settle_at = null where settle_at <= ? and asset_pk = ? and source = ? and run_id = ?",
        "update runs set settle_at = ? where asset_pk = ? and source = ? and run_id = ? and settle_at is null",
        by_wall=True,
    ),
    "request": _Kind(
        "select (select min(review_at) from recheck_requests where asset_pk = pk), asset_id from assets where pk = ?",
        f"update recheck_requests set review_at = {_NEVER} where review_at <= ? and asset_pk = ?",  # noqa: S608 - our own
        f"update recheck_requests set review_at = ? where asset_pk = ? and review_at = {_NEVER}",  # noqa: S608
    ),
    "ask": _Kind(
        "select (select min(review_at) from asks where ticket_pk = pk), ticket_id from tickets where pk = ?",
        "update asks set review_at = null where review_at <= ? and ticket_pk = ?",
        "update asks set review_at = ? where ticket_pk = ? and review_at is null and unanswered_at is null",
    ),
    "producer": _Kind(
        "select review_at, source from producer_rhythms where source = ?",
        "update producer_rhythms set review_at = null where review_at <= ? and source = ?",
        "update producer_rhythms set review_at = ? where source = ? and review_at is null and silent_at is null",
    ),
    "week": _Kind(
        "select due_at, unit_id from weekly_mails where unit_id = ?",
        "update weekly_mails set due_at = null where due_at <= ? and unit_id = ?",
        "update weekly_mails set due_at = ? where unit_id = ? and due_at is null",
    ),
    "count": _Kind(
        "select derive_at, asset_id from assets where pk = ?",
        "update assets set derive_at = null where derive_at <= ? and pk = ?",
        "update assets set derive_at = ? where pk = ? and derive_at is null",
    ),
    "notice": _Kind(
        "select null, kind || ' ' || channel from notices where notice_id = ?",
        None,
        "update notices set state = 'pending', code = null, not_before = ? "
        "where notice_id = ? and state = 'dead' and code like 'fault:%'",
    ),
    "registry": _Kind(
        "select null, kind || ':' || id from registry where kind = ? and id = ?",
        None,
        "update registry set version = (select cast(value as bigint) from meta where key = 'registry_version') "
        "where cast(? as bigint) > 0 and kind = ? and id = ?",
    ),
}
"""What can be set aside, by the name that people see."""

Key = Sequence[int | str]


class SetAside(NamedTuple):
    """A row that is set aside; `at` in real time, `due_at` by the clock of its kind."""

    number: int
    kind: str
    name: str
    due_at: datetime | None
    at: datetime
    attempts: int
    fault: str


class SettingAside(Part):
    """Noting rows, and putting them back; nothing here reads more of a row than its moment."""

    def __init__(self, work: Work, refreshes: Refreshes) -> None:
        super().__init__(work)
        self._refreshes = refreshes

    async def add(self, kind: str, key: Key, fault: str, now: Now) -> str:
        """Takes a row's moment away and notes it; how people call the row."""
        does, row = KINDS[kind], _bound(kind, key)
        found = await self._session.rows(does.see, *row)
        due_at, name = found[0] if found else (None, "")
        moment = now.real if does.by_wall else now.at
        if kind == "refresh":
            await self._forget_refresh(int(key[0]), moment)
        elif kind == "recount":  # a review counts its deadline again, too
            await self._pass_by(int(key[0]))
            kind, due_at = "ticket", to_micros(moment)
        elif kind == "handover":
            await self._session.run(_HANDED_OVER, key[0], key[0], key[0])
        elif does.away is not None:
            await self._session.run(does.away, to_micros(moment), *row)
        await self._session.run(
            "insert into set_aside (kind, place, name, due_at, noted_at, attempts, fault) values (?, ?, ?, ?, ?, 1, ?) "
            "on conflict (kind, place) do update set due_at = coalesce(excluded.due_at, set_aside.due_at), "
            "noted_at = excluded.noted_at, attempts = set_aside.attempts + 1, fault = excluded.fault",
            kind,
            json.dumps(key),
            name,
            due_at,
            to_micros(now.real),
            fault,
        )
        return str(name)

    async def dealt_with(self, kind: str, keys: Iterable[Key]) -> None:
        """These rows have been decided: they need no note any more."""
        notes = [(kind, json.dumps(key)) for key in keys]
        await self._session.run_each("delete from set_aside where kind = ? and place = ?", notes)

    async def all(self) -> list[SetAside]:
        """What is set aside, in the order in which it was."""
        rows = await self._session.rows(
            "select pk, kind, name, due_at, noted_at, attempts, fault from set_aside order by pk"
        )
        return [
            SetAside(pk, kind, name, None if due is None else from_micros(due), from_micros(at), attempts, fault)
            for pk, kind, name, due, at, attempts, fault in rows
        ]

    async def keys(self, kind: str) -> list[Key]:
        """The keys of what of a kind is set aside."""
        rows = await self._session.rows("select place from set_aside where kind = ?", kind)
        return [json.loads(place) for (place,) in rows]

    async def put_back(self, number: int, now: Now) -> bool:
        """Has a row tried again; its note stays until it has been decided. Whether there was such a note."""
        found = await self._session.rows("select kind, place, due_at from set_aside where pk = ?", number)
        for kind, place, due_at in found:
            does, key = KINDS[kind], json.loads(place)
            moment = due_at if due_at is not None else to_micros(now.real if does.by_wall else now.at)
            if kind == "registry":
                await self._session.rows(NEXT_VERSION)  # whoever knows the record reads it again
            if does.back is None:
                await self._refreshes.note([int(key[0])], now.real)
            elif not await self._session.run(does.back, moment, *_bound(kind, key)) or kind == "notice":
                await self.dealt_with(kind, [key])  # it has moved on since; sending looks for no notes
        return bool(found)

    async def in_a_row(self, topic: str) -> list[str]:
        """The sources of the messages of a topic that have failed last, with none decided since."""
        rows = await self._session.rows("select value from meta where key = ?", f"in_a_row:{topic}")
        return list(json.loads(rows[0][0])) if rows else []

    async def note_in_a_row(self, topic: str, sources: Sequence[str]) -> None:
        """Remembers them, so that a worker that ended for them does not begin to count anew."""
        await self._session.run("delete from meta where key = ?", f"in_a_row:{topic}")
        if sources:
            await self._session.run(
                "insert into meta (key, value) values (?, ?)", f"in_a_row:{topic}", json.dumps(sources)
            )

    async def forget_in_a_row(self) -> None:
        """Somebody has looked into it: so many may fail again before a worker ends for it."""
        await self._session.run("delete from meta where key like 'in_a_row:%'")

    async def _forget_refresh(self, ticket_pk: int, real: datetime) -> None:
        lock = "for update" if self._session.dialect == "postgresql" else ""
        rows = await self._session.rows(
            f"select pk, ticket_pks from refreshes where due_at <= ? order by pk {lock}",  # noqa: S608
            to_micros(real),
        )
        for pk, packed in rows:
            pks = msgpack.unpackb(packed)
            if ticket_pk in pks:
                left = msgpack.packb([other for other in pks if other != ticket_pk])
                await self._session.run("update refreshes set ticket_pks = ? where pk = ?", left, pk)

    async def _pass_by(self, ticket_pk: int) -> None:
        """The page of a recount that stands before this ticket goes on behind it."""
        for (asset_pk,) in await self._session.rows("select asset_pk from tickets where pk = ?", ticket_pk):
            lane = LANES[asset_pk % len(LANES)]
            passed = "update meta set value = ? where key = ? and cast(value as bigint) < ?"
            await self._session.run(passed, str(ticket_pk), lane, ticket_pk)


def _bound(kind: str, key: Key) -> Sequence[Any]:
    """The key as the statements of its kind take it."""
    return [bytes.fromhex(str(key[0]))] if kind == "notice" else key
