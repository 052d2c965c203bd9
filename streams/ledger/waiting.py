"""Notices that wait, by their address: when a unit's contacts change they follow (rule N-49)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from schemas.addresses import inbox
from streams.ledger.part import Part
from streams.ledger.rows import NOTICE
from streams.rules.contacts import Told
from streams.rules.records import Notice

_TOLD = ("ticket_pk", "kind", "channel", "inbox")


class Waiting(Part):
    """Read and written only when a contact has left an address."""

    async def waiting_at(self, inboxes: Iterable[str]) -> list[Notice]:
        """The notices to these inboxes and groups that no provider has yet, locked."""
        lock = "for update" if self._session.dialect == "postgresql" else ""
        rows = await self._session.match(
            NOTICE.table,
            NOTICE.columns,
            ("inbox",),
            [(one,) for one in sorted(set(inboxes))],
            condition="and state = 'pending'",
            order=f"order by notice_id {lock}",
        )
        return [NOTICE.decode(row) for row in rows]

    async def told_of(self, ticket_pks: Iterable[int]) -> list[Told]:
        """Who has been told, or will be, about these tickets."""
        keys = [(pk,) for pk in sorted(set(ticket_pks))]
        return [Told(*row) for row in await self._session.match(NOTICE.table, _TOLD, ("ticket_pk",), keys)]

    async def readdress(self, notices: Sequence[Notice]) -> None:
        """Gives waiting notices another recipient, or the code of a withdrawal."""
        await self._session.run_each(
            "update notices set name = ?, address = ?, inbox = ?, role = ?, code = ? "
            "where notice_id = ? and state = 'pending'",
            [
                (
                    one.name,
                    one.address,
                    inbox(one.channel, one.address),
                    one.role,
                    one.code,
                    bytes.fromhex(one.notice_id),
                )
                for one in notices
            ],
        )
