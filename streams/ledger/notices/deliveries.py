"""Deliveries: the notices that went into one letter, found again when the provider reports on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from secrets import token_hex
from typing import Final

from streams.ledger.engines.statements import quoted
from streams.ledger.moments import to_micros
from streams.ledger.part import Part
from streams.ledger.rows import NOTICE, TICKET
from streams.rules.state.records import Notice, Ticket

_COLUMNS: Final = quoted(NOTICE.columns, "n.")
_SECRET_BYTES: Final = 32


class Deliveries(Part):
    """What delivery reports and letters need beside the notices themselves."""

    async def notices(self, delivery_id: str) -> list[tuple[Notice, str | None]]:
        """The notices of a letter, each with the id of its ticket, if it has one; none when the letter is unknown."""
        rows = await self._session.rows(
            f"select {_COLUMNS}, t.ticket_id from notices as n left join tickets as t on t.pk = n.ticket_pk "  # noqa: S608
            "where n.delivery_id = ? order by n.notice_id",
            delivery_id,
        )
        return [(NOTICE.decode(row[:-1]), row[-1]) for row in map(tuple, rows)]

    async def told_about(self, ticket_pks: Iterable[int]) -> tuple[dict[int, Ticket], dict[int, list[Notice]]]:
        """These tickets as they now stand, and every notice of each: read when something has not arrived."""
        keys = [(pk,) for pk in sorted(set(ticket_pks))]
        found = map(TICKET.decode, await self._session.match(TICKET.table, TICKET.columns, ("pk",), keys))
        rows = await self._session.match(
            NOTICE.table, NOTICE.columns, ("ticket_pk",), keys, order="order by created_at, notice_id"
        )
        notices: dict[int, list[Notice]] = {pk: [] for (pk,) in keys}
        for notice in map(NOTICE.decode, rows):
            notices[notice.ticket_pk].append(notice)
        return {ticket.pk: ticket for ticket in found}, notices

    async def latest_event(self, ticket_pk: int, kind: str) -> str | None:
        """The latest event of this type of a ticket, as published (JSON)."""
        rows = await self._session.rows(
            "select body_json from history where ticket_pk = ? and type = ? order by pk desc limit 1", ticket_pk, kind
        )
        return rows[0][0] if rows else None

    async def answers_since(self, ticket_pk: int, since: datetime) -> list[str]:
        """The events from this moment on that answer asks of a ticket, as published (JSON)."""
        rows = await self._session.rows(
            "select body_json from history where ticket_pk = ? and at >= ? "
            "and type in ('ask_refused', 'extended', 'reassigned', 'dismissed') "
            "and (type = 'ask_refused' or body_json like '%\"answers\":\"%') order by pk",
            ticket_pk,
            to_micros(since),
        )
        return [row[0] for row in rows]

    async def shared_secret(self, name: str) -> str:
        """A random secret that all workers of this database share; made when it is first asked for."""
        key = f"secret:{name}"
        await self._session.run(
            "insert into meta (key, value) values (?, ?) on conflict do nothing", key, token_hex(_SECRET_BYTES)
        )
        ((secret,),) = await self._session.rows("select value from meta where key = ?", key)
        return str(secret)
