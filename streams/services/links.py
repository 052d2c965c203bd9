"""What a letter's link opens: the tickets that its holder may see and act on, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from streams.ledger import Ledger
from streams.ledger.reading.links import notice_named, tickets_told
from streams.presentation import links
from streams.rules.commands.link_rights import LinkEnd, opened
from streams.rules.state.records import Notice
from streams.rules.state.snapshot import Registry
from streams.services.tickets import Found

_NOBODYS: Final = "0" * 32


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that opens something."""

    notice: Notice
    tickets: tuple[Found, ...]  # the earliest due first

    def ticket(self, ticket_id: str) -> Found | None:
        """One of its tickets."""
        return next((one for one in self.tickets if one.ticket.ticket_id == ticket_id), None)

    @property
    def own(self) -> Found:
        """The ticket of its own notice, or the most urgent where that has left."""
        return next((one for one in self.tickets if one.ticket.pk == self.notice.ticket_pk), self.tickets[0])


async def open_link(
    ledger: Ledger, keys: Sequence[str], token: str, registry: Registry, at: datetime
) -> OpenLink | LinkEnd | Literal["unknown"]:
    """What a token opens, why nothing any more, or `unknown`: never ours, of a withdrawn key, or long forgotten.

    As much is asked of the database whatever the answer is: how long it takes tells nobody anything.
    """
    named = links.read(keys, token) or links.read_short(keys, token)
    notice = await notice_named(ledger, named or _NOBODYS)
    told = await tickets_told(ledger, notice.ticket_pk if notice else -1, notice.delivery_id if notice else None)
    if named is None or notice is None or not told:
        return "unknown"
    left = opened(notice, told, registry, at)
    if isinstance(left, str):
        return left
    return OpenLink(notice, tuple(Found(*one) for one in left))
