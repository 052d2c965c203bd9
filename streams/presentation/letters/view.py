"""From the contract's documents to what a template shows: clean, short, in Chinese, in the unit's zone. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from notifiers.text import clean, shorten, shorten_middle
from schemas.vocabulary import SEVERITY_LABELS, STATUS_LABELS, UNIT_LABELS
from streams.presentation import labels
from streams.presentation.dates import long_due, long_moment, moment, short_due, time_left
from streams.presentation.letters.advice import occasion, steps
from streams.presentation.letters.detail import PLACE_LENGTH, TEXT_LENGTH, detail
from streams.presentation.letters.kinds import MERGED, row
from streams.presentation.letters.letter import Kind, LetterItem

PLACES_SHOWN: Final = 10
TITLE_LENGTH: Final = 12  # characters of what a pack calls a step
NAME_LENGTH: Final = 60  # characters of a unit's, an asset's or a check's name


@dataclass(frozen=True, slots=True)
class DueView:
    """Until when, as it is told; `at` is None where nobody knows."""

    at: datetime | None
    long: str
    short: str
    ask: str
    ask_short: str
    overdue: bool
    left: str  # how much time, or how long it is overdue; of a closed ticket nothing
    provisional: bool
    amount: str
    basis: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """One ticket as a template sees it; empty text where there is nothing to say."""

    kind: Kind
    kind_label: str  # of a guarded ticket with `保障期` before it
    title: str  # the same without
    found: str
    seen: str
    owed: str
    ticket_id: str
    version: int
    problem: str
    detail: str
    severity: str
    status: str
    unit: str
    asset: str
    place: str
    places: tuple[str, ...]
    places_left_out: int
    received: str
    problem_count: int
    open_problem_count: int
    due: DueView
    urgent: bool
    guarded: bool
    steps: tuple[str, ...]
    reason: str
    merged_into: str  # the ticket that goes on with it
    proof: str
    proof_at: str
    closed_at: str


def view(item: LetterItem, at: datetime, zone: ZoneInfo) -> ItemView:
    """Everything a template may show of one ticket, as of `at`."""
    ticket, asset = item.ticket, item.asset or {}
    problems: Sequence[Mapping[str, Any]] = ticket.get("problems") or ()
    check, ticket_id = str(ticket.get("check", "")), clean(ticket["ticket_id"])
    unit = shorten(clean((item.unit or {}).get("name") or ticket.get("unit_id")) or labels.NO_UNIT, NAME_LENGTH)
    name, said, where = _asset(asset, ticket), occasion(check), _where(ticket, problems, asset)
    ended = _ended(item, zone)
    told = MERGED if ended.merged_into else row(item.kind)
    title = told.title if ended.merged_into else shorten(clean(item.title), TITLE_LENGTH) or told.title
    guarded = bool(ticket.get("guarded")) and item.kind != "closed"
    unacknowledged = ticket.get("status") == "open"
    return ItemView(
        kind=item.kind,
        kind_label=f"{labels.GUARDED_SHORT if guarded else ''}{title}",
        title=title,
        found=said.found.format(asset=name),
        seen=said.seen,
        owed=said.owed,
        ticket_id=ticket_id,
        version=int(ticket.get("version") or 1),
        problem=shorten(clean(item.check_name or ticket.get("check")), NAME_LENGTH),
        detail=detail(ticket, problems),
        severity=SEVERITY_LABELS.get(str(ticket.get("severity")), ""),
        status=STATUS_LABELS.get(str(ticket.get("status")), ""),
        unit=unit,
        asset=name,
        place=where.places[0] if where.places else where.whole,
        places=where.places[:PLACES_SHOWN],
        places_left_out=max(where.many - min(len(where.places), PLACES_SHOWN), 0),
        received=_received(problems, zone),
        problem_count=where.many,
        open_problem_count=where.still_open,
        due=_due(item, at, zone),
        urgent=ticket.get("severity") == "critical",
        guarded=guarded,
        steps=steps(
            told, check, ticket_id=ticket_id, merged_into=ended.merged_into, unit=unit, unacknowledged=unacknowledged
        ),
        reason=shorten(clean(item.reason), TEXT_LENGTH),
        merged_into=ended.merged_into,
        proof=ended.proof,
        proof_at=ended.proof_at,
        closed_at=ended.closed_at,
    )


def _due(item: LetterItem, at: datetime, zone: ZoneInfo) -> DueView:
    deadline: Mapping[str, Any] = item.ticket.get("deadline") or {}
    due_at, closed = moment(item.ticket.get("due_at")), item.kind == "closed"
    provisional = bool(deadline.get("provisional")) and not closed
    mark = labels.PROVISIONAL if provisional else ""
    amount, basis = _amount(deadline), shorten(clean(deadline.get("basis")), TEXT_LENGTH)
    if due_at is None:
        ask = labels.NO_DUE_ASK
        return DueView(None, labels.NO_DUE, labels.NO_DUE, ask, ask, False, "", provisional, amount, basis)
    long, short = long_due(due_at, zone), short_due(due_at, at, zone)
    return DueView(
        at=due_at,
        long=long,
        short=f"{short}{mark}",
        ask=f"请于{long}",
        ask_short=f"请于{short}前{mark}",
        overdue=due_at < at and not closed,
        left="" if closed else _time_left(item, due_at, at, zone),
        provisional=provisional,
        amount=amount,
        basis=basis,
    )


class _Where(NamedTuple):
    """The places of a ticket's problems, or of the parts that a derived one adds up."""

    places: tuple[str, ...]  # those that the ticket's document names
    whole: str
    many: int
    still_open: int


def _where(ticket: Mapping[str, Any], problems: Sequence[Mapping[str, Any]], asset: Mapping[str, Any]) -> _Where:
    whole, parts = labels.where(None, asset.get("kind")), _parts(ticket, problems)
    shown = parts or problems
    places = tuple(shorten_middle(clean(one.get("locator")) or whole, PLACE_LENGTH) for one in shown)
    count = len(parts) or int(ticket.get("problem_count") or len(problems) or 1)
    return _Where(places, whole, count, len(parts) or int(ticket.get("open_problem_count") or 0))


class _Ended(NamedTuple):
    """How a closed ticket has ended; empty of any other."""

    merged_into: str = ""
    proof: str = ""
    proof_at: str = ""
    closed_at: str = ""


def _ended(item: LetterItem, zone: ZoneInfo) -> _Ended:
    if item.kind != "closed":
        return _Ended()
    ticket, merged_into = item.ticket, clean(item.ticket.get("merged_into"))
    evidence_at, closed_at = moment(ticket.get("evidence_at")), moment(ticket.get("closed_at"))
    return _Ended(
        merged_into,
        _proof(item, merged_into),
        long_moment(evidence_at, zone) if evidence_at else "",
        long_moment(closed_at, zone) if closed_at else "",
    )


def _parts(ticket: Mapping[str, Any], problems: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Of a derived problem (a veto that is a count): the problems that it adds up, the first 50 of them."""
    facts = problems[0].get("facts") if len(problems) == 1 and str(ticket.get("check")).startswith("veto.") else None
    evidence = facts.get("evidence") if isinstance(facts, Mapping) else None
    parts = evidence.get("parts") if isinstance(evidence, Mapping) else None
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else ()


def _received(problems: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> str:
    """When a message or comment came in, where the ticket is about one of them."""
    facts = problems[0].get("facts") if len(problems) == 1 else None
    received_at = facts.get("received_at") if isinstance(facts, Mapping) else None
    at = moment(received_at)
    return long_moment(at, zone) if at else ""


def _asset(asset: Mapping[str, Any], ticket: Mapping[str, Any]) -> str:
    name = shorten(clean(asset.get("name") or ticket.get("asset_id")), NAME_LENGTH)
    platform = labels.PLATFORM.get(str(asset.get("platform")), "")
    return f"{name}（{platform}）" if platform and platform not in name else name


def _time_left(item: LetterItem, due_at: datetime, at: datetime, zone: ZoneInfo) -> str:
    hourly = (item.ticket.get("deadline") or {}).get("unit") == "hour"
    return time_left(due_at, at, zone, days=item.working_days_left, hourly=hourly)


def _amount(deadline: Mapping[str, Any]) -> str:
    unit = UNIT_LABELS.get(str(deadline.get("unit")), "")
    amount = deadline.get("amount")
    return f"{amount:g}{unit}" if unit and isinstance(amount, int | float) else ""


def _proof(item: LetterItem, merged_into: str) -> str:
    said = shorten(clean(item.reason), TEXT_LENGTH)
    if merged_into:
        return f"并入整改单 {merged_into}{f'，理由：{said}' if said else ''}"
    return said or labels.ended_by(clean(item.ticket.get("close_reason")))
