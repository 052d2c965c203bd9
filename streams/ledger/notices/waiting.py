"""Notices that wait for contacts who have left: they follow the registry (rule N-49)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from schemas.addresses import inbox
from streams.ledger.part import Part
from streams.ledger.rows import NOTICE
from streams.rules.commands.contacts import ToldContact
from streams.rules.state.records import Notice

_TOLD = ("ticket_pk", "kind", "channel", "inbox")


class WaitingNotices(Part):
    """Read and written only when the turn of such a notice has come."""

    async def told_of(self, ticket_pks: Iterable[int]) -> list[ToldContact]:
        """Who has been told, or will be, about these tickets."""
        keys = [(pk,) for pk in sorted(set(ticket_pks))]
        return [ToldContact(*row) for row in await self._session.match(NOTICE.table, _TOLD, ("ticket_pk",), keys)]

    async def readdress(self, notices: Sequence[Notice]) -> None:
        """Gives waiting notices another recipient, in a letter of its own, or the code of a withdrawal."""
        await self._session.run_each(
            "update notices set unit_id = ?, name = ?, address = ?, inbox = ?, role = ?, code = ?, delivery_id = null "
            "where notice_id = ? and state = 'pending'",
            [
                (
                    one.unit_id,
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
