"""What every channel takes and answers.

A refusal is a value, not an exception: `Outcome` says what the caller may do next. The first word of `Outcome.code`,
up to a colon, is stable and fit for metrics; what follows is the provider's own number (`rejected:550`). Codes never
hold addresses, passwords or texts.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeVar

State = Literal["accepted", "retry", "uncertain", "dead"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person on one channel: `address` is an e-mail address or a phone number, `role` as in the registry."""

    name: str
    address: str
    role: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one person.

    `message_id` is the notice's id and the same at every attempt, so that a repeated mail can be recognised;
    `thread_id` is the ticket's id (empty: no thread). `sender` is the From header, `date` the caller's clock (aware).
    """

    message_id: str
    thread_id: str
    sender: str
    to: Recipient
    subject: str
    text: str
    html: str
    date: datetime


@dataclass(frozen=True, slots=True)
class Sms:
    """A short message to one person; `report_url` is where the gateway reports on its delivery."""

    notice_id: str
    to: Recipient
    text: str
    report_url: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt.

    accepted: the provider took it. retry: sending again later does no harm. uncertain: the provider may have it, do not
    send again before that is known. dead: it will never be taken. `provider_ref` is the provider's own words or number.
    """

    state: State
    code: str
    provider_ref: str | None = None


MessageT_contra = TypeVar("MessageT_contra", contravariant=True)


class Notifier(Protocol[MessageT_contra]):
    """One provider account; safe to share between tasks of one event loop."""

    async def send(self, message: MessageT_contra, /) -> Outcome:
        """Try once. Raises only on faults of our own."""

    async def close(self) -> None:
        """Give back the connections."""


MailNotifier = Notifier[Mail]
SmsNotifier = Notifier[Sms]
