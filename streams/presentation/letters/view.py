"""From the contract's documents to what a template shows: clean, short, in Chinese, in the unit's zone. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from notifiers.text import clean, shorten
from schemas.ladder import ABOUT_ASKS
from schemas.vocabulary import SEVERITY_LABELS, STATUS_LABELS, UNIT_LABELS
from streams.presentation import labels
from streams.presentation.dates import long_due, long_moment, moment, short_due, time_left
from streams.presentation.deadline.true_due import true_due_words
from streams.presentation.letters.advice import ActionContext, occasion, steps
from streams.presentation.letters.basis import basis_words
from streams.presentation.letters.kinds import MERGED, RED, row, strength
from streams.presentation.letters.letter import Kind, LetterItem, Reader
from streams.presentation.letters.numbers import short_number
from streams.presentation.letters.places import PLACES_SHOWN, TEXT_LENGTH, Place, parts_of, place_of, whole_of, words_of

TITLE_LENGTH: Final = 12  # characters of what a pack calls a step
_STANDING_IN: Final = {"nobody": "{unit}没有登记可用的联系人", "unreached": "发给{unit}的通知未能送达"}
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
    true: str = ""  # when it would have been due, where it is counted from another day than usual


@dataclass(frozen=True, slots=True)
class ItemView:
    """One ticket as a template sees it; empty text where there is nothing to say."""

    kind: Kind
    kind_label: str  # of a guarded ticket with `保障期` before it
    title: str  # the same without
    strength: tuple[int, int]
    accent: str
    reader: Reader
    standing_in: str  # why the reader is told in the owner's place
    waiting: bool  # for a recheck, while the ladder goes on
    found: str
    seen: str
    owed: str
    ticket_id: str
    number: str  # that can be read out
    version: int
    problem: str
    detail: str  # what is wrong, where it is the same everywhere
    severity: str
    status: str
    unit: str
    owner: str  # the unit, where the asset's name does not say it
    whose: str  # 贵单位, or the unit
    asset: str
    asset_word: str
    code: str  # 网站标识码
    place: Place
    places: tuple[Place, ...]
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
    alarm_at: datetime | None
    desk: str
    over: bool  # nothing is left to do for the reader
    asking: bool  # about what a unit asks for

    @property
    def several(self) -> bool:
        """Whether its places are a list."""
        return self.problem_count > 1


def view(item: LetterItem, at: datetime, zone: ZoneInfo) -> ItemView:
    """Everything a template may show of one ticket, as of `at`."""
    ticket, asset = item.ticket, item.asset or {}
    ticket_id = clean(ticket["ticket_id"])
    unit = shorten(clean((item.unit or {}).get("name") or ticket.get("unit_id")) or labels.NO_UNIT, NAME_LENGTH)
    places = places_of(item)
    problem_count, open_count = _counts(ticket)
    shown = _shown(places, closed=item.kind == "closed")
    detail, shown = _detail(item, shown)
    closed, ended = item.kind == "closed", _ended(item, zone)
    told = MERGED if ended.merged_into else row(item.kind)
    title = told.title if ended.merged_into else shorten(clean(item.title), TITLE_LENGTH) or told.title
    guarded = bool(ticket.get("guarded")) and not closed and not told.looking
    urgent = ticket.get("severity") == "critical"
    check = str(ticket.get("check", ""))
    said, name = occasion(check), _asset(asset, ticket)
    owner = "" if unit in name else unit
    whose = unit if item.reader == "supervisor" else "贵单位"
    please = "请督促" if item.reader in ("head", "supervisor") else "请"
    waiting = told.pressing and ticket.get("status") == "claimed"
    case = ActionContext(
        check,
        short_number(ticket_id),
        ended.merged_into,
        unit,
        ticket.get("status") == "open",
        waiting,
        bool(item.standing_in),
    )
    return ItemView(
        kind=item.kind,
        kind_label=f"{labels.GUARDED_SHORT if guarded else ''}{title}",
        title=title,
        strength=strength(item.kind, item.step),
        accent=RED if told.owner and (urgent or guarded) else told.accent,
        reader=item.reader,
        standing_in=_STANDING_IN[item.standing_in].format(unit=unit) if item.standing_in else "",
        waiting=waiting,
        found=said.found.format(asset=name, whose=owner if item.reader == "supervisor" else whose, please=please),
        seen=said.seen,
        owed=said.owed,
        ticket_id=ticket_id,
        number=case.number,
        version=int(ticket.get("version") or 1),
        problem=shorten(clean(item.check_name or check), NAME_LENGTH),
        detail=detail,
        severity=SEVERITY_LABELS.get(str(ticket.get("severity")), ""),
        status=STATUS_LABELS.get(str(ticket.get("status")), ""),
        unit=unit,
        owner=owner,
        whose=whose,
        asset=name,
        code=clean(asset.get("code")),
        asset_word=labels.ASSET_WORD.get(str(asset.get("kind")), "网站或账号"),
        place=shown[0] if shown else Place(whole_of(asset), "", ""),
        places=tuple(shown[:PLACES_SHOWN]),
        places_left_out=max((problem_count if closed else open_count) - min(len(shown), PLACES_SHOWN), 0),
        received=_received(ticket.get("problems") or (), zone),
        problem_count=problem_count,
        open_problem_count=open_count,
        due=_due(item, at, zone, please, looking=told.looking),
        urgent=urgent,
        guarded=guarded,
        steps=steps(told, item.reader, case),
        reason=shorten(clean(item.reason), TEXT_LENGTH),
        merged_into=ended.merged_into,
        proof=ended.proof,
        proof_at=ended.proof_at,
        closed_at=ended.closed_at,
        alarm_at=item.alarm_at,
        desk=item.desk,
        over=item.over,
        asking=item.kind in ABOUT_ASKS,
    )


def _due(item: LetterItem, at: datetime, zone: ZoneInfo, please: str, *, looking: bool) -> DueView:
    deadline: Mapping[str, Any] = item.ticket.get("deadline") or {}
    due_at, closed = moment(item.ticket.get("due_at")), item.kind == "closed"
    provisional = bool(deadline.get("provisional")) and not closed
    mark = labels.PROVISIONAL if provisional else ""
    amount, basis = _amount(deadline), shorten(basis_words(deadline), TEXT_LENGTH)
    if due_at is None:
        ask = f"{please}尽快"
        return DueView(None, labels.NO_DUE, labels.NO_DUE, ask, ask, False, "", provisional, amount, basis)
    long, short = long_due(due_at, zone), short_due(due_at, at, zone)
    return DueView(
        at=due_at,
        long=long,
        short=f"{short}{mark}",
        ask=f"{please}于{long}",
        ask_short=f"{please}于{short}前{mark}",
        overdue=due_at < at and not closed,
        left="" if closed or looking else _time_left(item, due_at, at, zone),
        provisional=provisional,
        amount=amount,
        basis=basis,
        true="" if closed else _true(deadline, zone),
    )


def _true(deadline: Mapping[str, Any], zone: ZoneInfo) -> str:
    """What the rules would have granted, of a first load or of what was registered late (L-15, L-16)."""
    due_at, begun_on = moment(deadline.get("true_due_at")), deadline.get("begun_on")
    if due_at is None or begun_on is None:
        return ""
    return true_due_words(due_at, date.fromisoformat(str(begun_on)), str(deadline.get("reason")), zone)


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


def places_of(item: LetterItem) -> list[Place]:
    """Every place that the ticket's document names; of a veto that is a count its parts."""
    problems: Sequence[Mapping[str, Any]] = item.ticket.get("problems") or ()
    whole = whole_of(item.asset or {})
    found = parts_of(item.ticket, problems) or problems
    return [place_of(one, whole, item.check_names) for one in found]


def _shown(places: list[Place], *, closed: bool) -> list[Place]:
    """What is left to be done; of a closing, or where nothing is left, all of it."""
    return places if closed else [place for place in places if not place.gone] or places


def _detail(item: LetterItem, places: list[Place]) -> tuple[str, list[Place]]:
    """What is wrong everywhere, and the places without it; of a veto that is a count how far it has come."""
    problems: Sequence[Mapping[str, Any]] = item.ticket.get("problems") or ()
    if parts_of(item.ticket, problems):
        return words_of(problems[0]), places
    same = {place.wrong for place in places}
    if len(same) != 1:
        return "", places
    return same.pop(), [replace(place, wrong="") for place in places]


def _counts(ticket: Mapping[str, Any]) -> tuple[int, int]:
    """How many places, and how many of them are open."""
    problems: Sequence[Mapping[str, Any]] = ticket.get("problems") or ()
    if parts := parts_of(ticket, problems):
        evidence = problems[0]["facts"]["evidence"]
        count = evidence.get("part_count")
        number = count if isinstance(count, int) and count > len(parts) else len(parts)
        return number, number
    count = int(ticket.get("problem_count") or len(problems) or 1)
    return count, int(ticket.get("open_problem_count") or count)


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
