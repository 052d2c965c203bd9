"""The contacts 联系人: they open the links of their letters, and do their part on the unit's page.

As people do with a browser: the address is taken out of the letter, the form out of the page, and what is submitted is
what somebody would type. Opening a page does nothing; a form is good when it has been open for 3 real seconds (U-3),
so letters are opened when they come, by those who will do something.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable, Collection
from datetime import datetime
from time import monotonic
from typing import Final, NamedTuple

import httpx

from streams.clock import Clock
from streams.demo.fates import Action, StoryAct
from streams.demo.notices import Item
from streams.local.mail_catcher import CaughtMail, MailCatcher
from streams.presentation.links import PATH
from streams.presentation.unit_page.acts import TITLES, Form
from streams.web.forms.nonces import SOONEST

NAME: Final = "值班员"  # what they type: the name in the registry
_GLANCE: Final = 0.05  # real seconds between two looks
_FORMS: Final[dict[Action, tuple[str, Form]]] = {
    "acknowledge": ("acknowledge", "acknowledge"),
    "claim_fix": ("claim", "claim"),
    "ask": ("ask", "extension"),
}
"""Where an act is submitted, and the form that it is."""
_TICKET: Final = re.compile(r'(?:data-ticket|name="ticket" value)="([^"]+)"')
_NONCE: Final = re.compile(r'name="nonce" value="([^"]+)"')
_SAID: Final = re.compile(r'id="(?:outcome|errors)"[^>]*>\s*<(?:p|h2)>(.*?)</', re.DOTALL)


class OpenPage(NamedTuple):
    """A ticket's page in somebody's browser."""

    link: str
    nonce: str
    recipient: str  # of the letter
    since: float  # real time, monotonic seconds


class PageVisit(NamedTuple):
    """What was done on a page, and what the page then said."""

    at: datetime
    recipient: str
    asset_name: str
    title: str  # of the form
    said: str
    ticket_id: str


class Contacts:
    """Reads what the mail catcher gets."""

    def __init__(
        self,
        catcher: MailCatcher,
        pages_url: str,
        who: Collection[str],
        clock: Clock,
        client: httpx.AsyncClient,
        *,
        opened: Callable[[CaughtMail, str], None],
        tell: Callable[[PageVisit], None],
    ) -> None:
        """`who`: the addresses of those who read; `opened` gets each letter that is opened, with its link."""
        self.visits: list[PageVisit] = []
        self._catcher = catcher
        self._who = who
        self._clock = clock
        self._client = client
        self._opened = opened
        self._tell = tell
        self._link = re.compile(re.escape(pages_url + PATH) + r"[A-Za-z0-9_-]+")
        self._pages: dict[str, OpenPage] = {}  # by ticket; the page of the first letter stays open

    async def read(self) -> None:
        """Opens letters as they come, until cancelled."""
        read = 0
        while True:
            for mail in self._catcher.mails[read:]:
                read += 1
                if mail.recipient in self._who and (link := self._link.search(mail.text)) is not None:
                    self._opened(mail, link[0])
                    await self._open(mail, link[0])
            await asyncio.sleep(_GLANCE)

    async def _open(self, mail: CaughtMail, link: str) -> None:
        first = (await self._client.get(link)).text
        tickets = dict.fromkeys(_TICKET.findall(first))
        for ticket_id in tickets:
            if ticket_id not in self._pages:
                shown = first if len(tickets) == 1 else await self._ticket_page(link, ticket_id)
                if (nonce := _NONCE.search(shown)) is not None:
                    self._pages[ticket_id] = OpenPage(link, nonce[1], mail.recipient, monotonic())

    async def _ticket_page(self, link: str, ticket_id: str) -> str:
        return (await self._client.get(link, params={"ticket": ticket_id})).text

    async def submit(self, item: Item, act: StoryAct, ticket_id: str) -> bool:
        """Submits the form of an act; False while no page of this ticket has been open for long enough."""
        page = self._pages.get(ticket_id)
        if page is None or monotonic() - page.since < SOONEST.total_seconds():
            return False
        path, form = _FORMS[act.action]
        typed = {**act.fields, "due_at": act.fields.get("due_at", "")[:10]}  # a day, as browsers send it
        sent = {"nonce": page.nonce, "ticket": ticket_id, "name": NAME, **typed}
        at = self._clock.now().at
        response = await self._client.post(f"{page.link}/{path}", data=sent, follow_redirects=True)
        while "refresh" in response.headers:  # still on its way: the page asks for another look
            await asyncio.sleep(float(response.headers["refresh"]))
            response = await self._client.get(response.url)
        said = _SAID.search(response.text)
        text = html.unescape(said[1]) if said else f"HTTP {response.status_code}"
        visit = PageVisit(at, page.recipient, item.asset_name, TITLES[form], text, ticket_id)
        self.visits.append(visit)
        self._tell(visit)
        return True
