"""The input of rendering: what is to be said, to whom, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from notifiers.protocol import Recipient
from streams.presentation.labels import Outside
from streams.presentation.letters.office import UNSIGNED, Signatory
from streams.presentation.letters.places import Place

Kind = Literal[
    "opened", "reminder", "urge", "supervise", "bulletin", "closed", "sent_back", "reopened", "reassigned",
    "recheck_unanswered", "run_held", "asked", "ask_unanswered", "answered",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
Reader = Literal["duty", "head", "supervisor", "producer"]
"""Who reads of a ticket: the owner's duty contacts (or who stands in for them), its head, those who supervise it, and
those who run the producer."""
StandingIn = Literal["", "nobody", "unreached"]
READERS: tuple[Reader, ...] = get_args(Reader)


@dataclass(frozen=True, slots=True)
class LetterItem:
    """One ticket in a letter; `ticket`, `asset` and `unit` are the contract's documents (times as text or datetime).

    `working_days_left` is negative when overdue. `reason` is one sentence for people: why it was sent back or reopened,
    by what evidence it was closed. `title` is what the policy pack calls the step (empty: the kind's own), `step` its
    place on the ladder. `standing_in`: why the reader is told in the owner's place: it has `nobody` to tell, or was
    `unreached`. `check_names`: of the parts of a veto. `alarm_at`: when the calendar entry rings. `desk`: the ticket's
    address for who supervises.
    `over`: an answer that leaves the reader nothing to do, for the ticket has ended or another unit has it.
    """

    kind: Kind
    ticket: Mapping[str, Any]
    asset: Mapping[str, Any] | None
    unit: Mapping[str, Any] | None
    check_name: str
    working_days_left: int | None = None
    reason: str = ""
    title: str = ""
    step: int = -1
    reader: Reader = "duty"
    standing_in: StandingIn = ""
    check_names: Mapping[str, str] = field(default_factory=dict)
    alarm_at: datetime | None = None
    desk: str = ""
    over: bool = False


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One place of one ticket, on the sheet that goes with a letter."""

    ticket_id: str
    asset: str
    problem: str
    place: Place


@dataclass(frozen=True, slots=True)
class WarningItem:
    """One problem before its line 预警, which has no ticket.

    `subject` says `name`, `check`, `locator`, `title`, `detail`, `since`, `stale_since`, `times` (how often it is told)
    and `lines` (`kind`, `amount`, `unit`); `asset` and `unit` are the contract's documents.
    """

    subject: Mapping[str, Any]
    asset: Mapping[str, Any] | None
    unit: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class SilenceItem:
    """One producer that has fallen silent; `name` is the registry's, or empty.

    `subject` says `source`, `last_run_at` and `usual_seconds`.
    """

    subject: Mapping[str, Any]
    name: str = ""


class WeekUnit(NamedTuple):
    """A unit below the reader's, in tickets: open and overdue as of the letter, the rest within the week."""

    name: str
    open: int
    overdue: int
    opened: int
    ended: int
    done: int  # of the ended ones: closed, and not merged away, dismissed or waived (S-6)
    on_time: int  # of the done ones


class WeekTicket(NamedTuple):
    """One of the most overdue tickets, as texts; `desk`: its address for who supervises."""

    ticket_id: str
    unit: str
    asset: str
    problem: str
    due: str
    desk: str


class WeekSheet(NamedTuple):
    """A sheet of the workbook that goes with a weekly mail, as texts."""

    title: str
    columns: tuple[tuple[str, int], ...]  # what each is called, and its width in characters
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class WeekItem:
    """What a supervising unit is told of the units below it (N-75); `units`: of these, such as have any ticket."""

    unit_id: str  # the reader's
    since: datetime
    until: datetime
    unit_count: int = 0
    units: tuple[WeekUnit, ...] = ()
    overdue: tuple[WeekTicket, ...] = ()
    sheets: tuple[WeekSheet, ...] = ()


@dataclass(frozen=True, slots=True)
class Others:
    """What else presses on the recipient, as further rows of a mail: the most urgent, and how many there are."""

    items: tuple[LetterItem, ...]
    count: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one person: a single item gets its kind's template, several are a digest. `at` is now.

    Warnings are a part of the digest, or a letter of their own. `outside`: why it comes at night or on a rest day.
    `unit` is whose contact the reader is. `pages` are the addresses of the unit's page, `guide` is that of the
    units' guide, `code` is what stands behind an address in an approved short message. `sheet`: every place, where the
    letter has no room for them. `silences` make a letter of their own (R-42), a `week` does too (N-74).
    """

    recipient: Recipient
    items: tuple[LetterItem, ...]
    at: datetime
    zone: ZoneInfo
    warnings: tuple[WarningItem, ...] = ()
    others: Others | None = None
    outside: Outside | None = None
    letterhead: Signatory = UNSIGNED
    unit: str = ""
    pages: tuple[str, ...] = ()
    guide: str = ""
    code: str = ""
    sheet: tuple[SheetRow, ...] = ()
    silences: tuple[SilenceItem, ...] = ()
    week: WeekItem | None = None

    def __post_init__(self) -> None:
        """Refuse a letter about nothing and a time without an offset.

        Raises:
            ValueError: our own caller is at fault.
        """
        if not self.items and not self.warnings and not self.silences and self.week is None:
            raise ValueError("a letter needs at least one item")
        if self.at.tzinfo is None:
            raise ValueError("the letter's time needs an offset")
