"""The two ways out: a letter rendered and handed to the channel's provider."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from notifiers.letter import Letter
from notifiers.protocol import Mail, MailNotifier, Outcome, Sms, SmsNotifier
from notifiers.render import render_mail, render_sms
from schemas.vocabulary import Channel


class Post(Protocol):
    """One channel that is set up. `lost` is the outcome of a call that did not come back in time."""

    channel: Channel
    provider: str
    lost: Outcome

    async def send(self, delivery_id: str, letter: Letter) -> Outcome:
        """Tries once."""


class MailPost:
    """Mail: at least once, recognisable by its Message-ID. `sender` is the From header."""

    channel: Channel = "email"
    lost = Outcome("retry", "timeout")

    def __init__(self, notifier: MailNotifier, sender: str, provider: str = "smtp") -> None:
        self._notifier = notifier
        self._sender = sender
        self.provider = provider

    async def send(self, delivery_id: str, letter: Letter) -> Outcome:
        """See `Post`."""
        content = render_mail(letter)
        return await self._notifier.send(
            Mail(
                message_id=delivery_id,
                thread_id=_thread(letter),
                sender=self._sender,
                to=letter.recipient,
                subject=content.subject,
                text=content.text,
                html=content.html,
                date=letter.at.astimezone(letter.zone),
            )
        )


def _thread(letter: Letter) -> str:
    """The ticket, where the letter is about one and nothing else."""
    return str(letter.items[0].ticket["ticket_id"]) if len(letter.items) == 1 and not letter.warnings else ""


class SmsPost:
    """Short messages: at most once. `report_url` makes the address for delivery reports of a delivery."""

    channel: Channel = "sms"
    lost = Outcome("uncertain", "timeout")

    def __init__(
        self, notifier: SmsNotifier, provider: str, report_url: Callable[[str], str | None] = lambda _: None
    ) -> None:
        self._notifier = notifier
        self._report_url = report_url
        self.provider = provider

    async def send(self, delivery_id: str, letter: Letter) -> Outcome:
        """See `Post`."""
        text = render_sms(letter)
        return await self._notifier.send(Sms(delivery_id, letter.recipient, text, self._report_url(delivery_id)))
