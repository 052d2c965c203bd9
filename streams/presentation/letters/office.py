"""Who signs a letter 落款, and where its reader can act. Pure.

N-60  Letters are signed by the `letterhead` of the unit that supervises the reader's, otherwise by the office of the
      settings: name, contact, telephone, and the sign that short messages begin with, over every gateway that takes
      free text.
N-61  A letter to the owner's contacts carries the link of the unit's page, at both addresses where there are two, and
      整改通知 that of the units' guide; for those who supervise, and for the head, each ticket has the address of the
      desk; copies in groups carry none. A short message has it only in an approved template, as the variable `code`.
      Without an address letters say whom to call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from streams.presentation import links
from streams.presentation.labels import SYSTEM


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs; empty text where nothing is known."""

    name: str = ""
    contact: str = ""
    phone: str = ""
    sms_sign: str = ""

    @property
    def sign(self) -> str:
        """What a short message begins with: carriers drop those without a sender's name in these brackets."""
        return f"【{self.sms_sign or self.name or SYSTEM}】"

    @property
    def whom_to_call(self) -> str:
        """`某市政务公开办（张三，0571-87000000）`, as far as it is known."""
        reached = "，".join(filter(None, (self.contact, self.phone)))
        return f"{self.name}（{reached}）" if self.name and reached else self.name or reached


UNSIGNED: Final = Signatory()
"""Of an installation that has not said who it is."""


@dataclass(frozen=True, slots=True)
class Office:
    """The office of the settings, and where its pages are. `keys` as `links.keys` gives them; the first signs."""

    letterhead: Signatory = UNSIGNED
    url: str = ""
    internal_url: str = ""
    keys: tuple[str, ...] = ()

    def pages(self, notice_id: str) -> tuple[str, ...]:
        """The addresses of the unit's page: on the Internet, then inside; none without an address or a key."""
        if not self.keys:
            return ()
        token = links.token(self.keys[0], notice_id)
        return tuple(links.page(url, token) for url in (self.url, self.internal_url) if url)

    @property
    def guide(self) -> str:
        """The address of the units' guide; empty where there are no pages."""
        url = self.url or self.internal_url
        return links.guide(url) if self.keys and url else ""

    def code(self, notice_id: str) -> str:
        """What an approved short message template puts behind its own address; empty without an address or a key."""
        return links.short_token(self.keys[0], notice_id) if self.keys and self.url else ""

    def desk(self, ticket_id: str) -> str:
        """The address of a ticket on the desk, inside where there is an inside; empty without an address."""
        url = self.internal_url or self.url
        return links.ticket_page(url, ticket_id) if url else ""
