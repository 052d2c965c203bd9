"""The teller: makes the story of what topic reader, mail catcher and gateway get, a few times a second."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from schemas.policy import Policy
from schemas.topics import Topics
from streams.clock import Clock
from streams.demo.contacts import PageVisit
from streams.demo.story import NUMBER, Happening, Story, stamp, unsigned
from streams.demo.topic_reader import TopicReader
from streams.local.mail_catcher import MailCatcher
from streams.local.sms_gateway import SmsGateway

TELL_SECONDS: Final = 0.4  # real; what happens in between and is alike becomes one line
HOLD_SECONDS: Final = 0.6  # real; until then, what happened before may still come in
_OPEN: Final = frozenset(("open", "acknowledged", "claimed"))


class Teller:
    """Prints while the performance lasts."""

    def __init__(
        self,
        terminal: Console,
        file: Console,
        clock: Clock,
        policy: Policy,
        topics: Topics,
        catcher: MailCatcher,
        gateway: SmsGateway,
        names: Mapping[str, str],
    ) -> None:
        """Everything goes to both consoles; a terminal also gets a status line."""
        self.topic_reader = TopicReader(topics, policy.rungs, self._hear)
        self.story = Story([terminal, file], policy, names, self._check_of)
        self._clock = clock
        self._catcher = catcher
        self._gateway = gateway
        self._told = {"email": 0, "sms": 0, "dead_letter": 0}
        self._live = Live(console=terminal, transient=True, auto_refresh=False) if terminal.is_terminal else None

    def _hear(self, event: Mapping[str, Any]) -> None:
        self.story.hear(event)

    def visited(self, visit: PageVisit) -> None:
        """Something was done on a page."""
        words = f"{visit.title}：{visit.said}"
        self.story.add(Happening(visit.at, "page", visit.recipient, words, ticket_id=visit.ticket_id))

    async def run(self) -> None:
        """Tells until cancelled."""
        try:
            while True:
                await asyncio.sleep(TELL_SECONDS)
                self.tell()
                self._show_status()
        finally:
            if self._live is not None:
                self._live.stop()

    def tell(self, *, everything: bool = False) -> None:
        """Prints what is new and will not be preceded by something that is still on its way."""
        now = self._clock.now().at
        for mail in self._catcher.mails[self._seen("email", len(self._catcher.mails)) :]:
            self.story.add(Happening(mail.at, "email", mail.recipient, NUMBER.sub("", mail.subject)))
        for sms in self._gateway.messages[self._seen("sms", len(self._gateway.messages)) :]:
            self.story.add(Happening(sms.at, "sms", sms.number, unsigned(sms.text)))
        for letter in self.topic_reader.dead_letters[self._seen("dead_letter", len(self.topic_reader.dead_letters)) :]:
            detail = letter.headers.get("rectify-error-detail", "")
            self.story.add(Happening(now, "dead_letter", letter.headers.get("rectify-error", ""), detail))
        hold = timedelta(0) if everything else timedelta(seconds=HOLD_SECONDS * self._clock.rate)
        self.story.flush(now - hold)

    def _seen(self, kind: str, count: int) -> int:
        before, self._told[kind] = self._told[kind], count
        return before

    def _check_of(self, ticket_id: str) -> str:
        return str(self.topic_reader.tickets.get(ticket_id, {}).get("check", ""))

    def _show_status(self) -> None:
        if self._live is None:
            return
        if not self._live.is_started:
            self._live.start()
        tickets = self.topic_reader.tickets.values()
        open_ = sum(ticket["status"] in _OPEN for ticket in tickets)
        self._live.update(
            Text(
                f"⏱ {stamp(self._clock.now().at)}   在办 open {open_}   已销号 closed {len(tickets) - open_}"
                f"   邮件 mails {self._told['email']}   短信 sms {self._told['sms']}",
                style="reverse",
            ),
            refresh=True,
        )
