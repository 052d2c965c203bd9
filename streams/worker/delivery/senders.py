"""The ways out: a letter rendered and handed to the channel's provider."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from notifiers.chat.robot import Robot
from notifiers.message import plain_address
from notifiers.protocol import XLSX, Attachment, Chat, Mail, MailNotifier, Outcome, Sms, SmsNotifier
from schemas.channels import NoticeChannel
from streams.files.places_sheet import workbook
from streams.files.week_workbook import week_workbook
from streams.log_events import event_log
from streams.presentation.letters.card import card
from streams.presentation.letters.letter import Letter
from streams.presentation.letters.render import render_calendar, render_mail, render_sms, sheet_name
from streams.presentation.letters.sheet import HEADERS, cells
from streams.presentation.letters.sms_variables import variables
from streams.presentation.letters.week import sheet_called

log = event_log(__name__)


Saw = Callable[[str, str, Outcome], Awaitable[None]]  # what a provider, over a channel, has answered


class Sender(Protocol):
    """One channel that is set up. `lost` is the outcome of a call that did not come back in time."""

    channel: NoticeChannel
    provider: str
    lost: Outcome

    async def send(self, delivery_id: str, letter: Letter) -> Outcome:
        """Tries once."""


class MailPost:
    """Mail: at least once, recognisable by its Message-ID. `sender` is the From header."""

    channel: NoticeChannel = "email"
    lost = Outcome("retry", "timeout")

    def __init__(self, notifier: MailNotifier, sender: str, provider: str = "smtp") -> None:
        self._notifier = notifier
        self._sender = sender
        self.provider = provider

    async def send(self, delivery_id: str, letter: Letter) -> Outcome:
        """See `Sender`."""
        content = render_mail(letter)
        attachments = await asyncio.to_thread(_attachments, letter) if letter.sheet or letter.week is not None else ()
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
                calendar=render_calendar(letter, plain_address(self._sender)),
                attachments=attachments,
            )
        )


def _attachments(letter: Letter) -> tuple[Attachment, ...]:
    if letter.week is not None:
        return (Attachment(sheet_called(letter.week, letter.zone), XLSX, week_workbook(letter.week.sheets)),)
    return (Attachment(sheet_name(letter), XLSX, workbook(HEADERS, cells(letter.sheet))),)


def _thread(letter: Letter) -> str:
    """The ticket, where the letter is about one and nothing else."""
    return str(letter.items[0].ticket["ticket_id"]) if len(letter.items) == 1 and not letter.warnings else ""


class HandingOver(Protocol):
    """Remembers what a provider has, or may have, so that it can be asked about; see `status_poller.py`."""

    async def begin(self, delivery_id: str, address: str) -> None:
        """The provider is about to be called."""

    async def end(self, delivery_id: str, outcome: Outcome) -> None:
        """It has answered, or not."""


class SmsPost:
    """Short messages: at most once. `report_url` makes the address for delivery reports of a delivery.

    `handing` hears of every call before it is made, so that a crash in the middle can be asked about too.
    """

    channel: NoticeChannel = "sms"
    lost = Outcome("uncertain", "timeout")

    def __init__(
        self,
        notifier: SmsNotifier,
        provider: str,
        report_url: Callable[[str], str | None] = lambda _: None,
        handing: HandingOver | None = None,
    ) -> None:
        self._notifier = notifier
        self._report_url = report_url
        self._handing = handing
        self.provider = provider

    async def send(self, delivery_id: str, letter: Letter) -> Outcome:
        """See `Sender`."""
        kind, values = variables(letter)
        text, url = render_sms(letter), self._report_url(delivery_id)
        sms = Sms(delivery_id, letter.recipient, text, url, kind, values, letter.letterhead.sign)
        if self._handing is None:
            return await self._send(sms)
        await self._handing.begin(delivery_id, letter.recipient.address)
        outcome = await self._send(sms)
        await self._handing.end(delivery_id, outcome)
        return outcome

    async def _send(self, sms: Sms) -> Outcome:
        """A fault of ours once the provider may have it is no reason to send it again (N-9)."""
        try:
            return await self._notifier.send(sms)
        except Exception:
            log.exception("letter_failed", delivery=sms.notice_id, channel=self.channel)
            return Outcome("uncertain", "fault")


class ChatPost:
    """Copies of escalations in groups, each with a robot of its own; one that is refused holds up no other (N-46)."""

    channel: NoticeChannel = "chat"
    provider = "chat"
    lost = Outcome("retry", "timeout")

    def __init__(self, robots: Mapping[str, Robot], saw: Saw) -> None:
        """`robots` by the group's name; `saw` hears every answer, with the robot's name and the channel."""
        self._robots = robots
        self._saw = saw

    async def send(self, delivery_id: str, letter: Letter) -> Outcome:
        """See `Sender`."""
        group = letter.recipient.address
        robot = self._robots.get(group)
        if robot is None:
            return Outcome("dead", "unknown_group")
        title, lines = card(letter)
        outcome = await robot.send(Chat(delivery_id, letter.recipient, title, lines))
        await self._saw(f"{robot.platform}:{group}", self.channel, outcome)
        word, _, code = outcome.code.partition(":")
        return Outcome("dead", f"robot_refused:{code}") if word == "auth" else outcome
