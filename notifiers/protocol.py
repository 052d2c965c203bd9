"""What every channel takes and answers.

A refusal is a value, not an exception: `Outcome` says what the caller may do next. The first word of `Outcome.code`,
up to a colon, is stable and fit for metrics; what follows is the provider's own number (`rejected:550`). Codes never
hold addresses, passwords or texts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol, TypeVar, runtime_checkable

State = Literal["accepted", "retry", "uncertain", "dead", "delivered", "undelivered"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person on one channel: `address` is an e-mail address or a phone number, `role` as in the registry."""

    name: str
    address: str
    role: str


XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail; `kind` is its media type."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one person.

    `message_id` is the notice's id and the same at every attempt, so that a repeated mail can be recognised;
    `thread_id` is the ticket's id (empty: no thread). `sender` is the From header, `date` the caller's clock (aware).
    `calendar` is an `.ics` file (empty: none), `attachments` are other files.
    """

    message_id: str
    thread_id: str
    sender: str
    to: Recipient
    subject: str
    text: str
    html: str
    date: datetime
    calendar: bytes = b""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Sms:
    """A short message to one person; `report_url` is where the gateway reports on its delivery.

    Providers that send only approved templates take `kind` (a letter's, or `digest`) and `variables`, not `text`.
    `sign` is what the text begins with, in its brackets: a provider that puts its own takes it off.
    """

    notice_id: str
    to: Recipient
    text: str
    report_url: str | None
    kind: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Chat:
    """A message to a group: `to.address` is the group's name in the settings; `lines` are plain text, not markup."""

    notice_id: str
    to: Recipient
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that a provider took, or may have taken: what it is asked about afterwards.

    `notice_id` is that of the message, `at` when the provider was called (aware, real time).
    """

    notice_id: str
    to: Recipient
    at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt.

    accepted: the provider took it. retry: sending again later does no harm. uncertain: the provider may have it, do not
    send again before that is known. dead: it will never be taken. `provider_ref` is the provider's own words or number.
    delivered, undelivered: what only a report or an answer to `Inquirer.ask` can say.
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


@runtime_checkable
class Inquirer(Protocol):
    """What a notifier also is whose provider can be asked what became of a message."""

    async def ask(self, sent: Sent, /) -> Outcome | None:
        """What the provider knows: `accepted` (it has the message), `delivered` or `undelivered`.

        None: it does not know the message, or does not answer now. That is no proof that it was never taken.
        """


@runtime_checkable
class Checkable(Protocol):
    """What a notifier also is whose account can be tried without sending anything."""

    async def check(self) -> Outcome:
        """`accepted`: the provider knows the account; otherwise its refusal, as of a message."""


NOBODY = "13800000000"
"""A number to ask a provider about that is no contact's."""

MailNotifier = Notifier[Mail]
SmsNotifier = Notifier[Sms]
