"""One ticket as the unit's page shows it: what, where, until when, what comes next, what was done. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from notifiers.text import clean, shorten
from schemas.policy import Policy
from schemas.vocabulary import SEVERITY_LABELS, STATUS_LABELS, UNIT_LABELS
from streams.presentation.dates import local, long_due, long_moment
from streams.presentation.deadline.counted_days import counted_days, span_words
from streams.presentation.deadline.true_due import true_due_words
from streams.presentation.labels import NO_UNIT, PLATFORM, PROVISIONAL, PROVISIONAL_WHY, ended_by
from streams.presentation.letters.advice import ActionContext, occasion, steps
from streams.presentation.letters.basis import basis_words
from streams.presentation.letters.kinds import called, row
from streams.presentation.letters.numbers import short_number
from streams.presentation.lights import Light, light
from streams.presentation.ticket.dossier import Dossier
from streams.presentation.ticket.narration import Narrator
from streams.presentation.ticket.sentences import former_words, opened_briefly
from streams.presentation.ticket.story import teller_of
from streams.presentation.unit_page.places import NumberedPlace, href, places
from streams.presentation.waiting import ask_words, waiting_words
from streams.rules.state.records import AssetRecord, Problem, Ticket
from streams.rules.state.snapshot import Registry
from streams.rules.state.terms import deadline_of, published_deadline, steps_of
from streams.rules.tickets.tickets import OPEN

CLOCK_RUNS: Final = "时限自立单起计算，签收、申请均不停止计时。"
SHOWN_PLACES: Final = 50  # on a page
TOLD: Final = 60  # of what happened, the newest
LISTED_PLACES: Final = 3  # of each ticket where a page has several
_QUIET: Final = frozenset({"seen_again", "command_refused", "recheck_ignored"})
"""What is not told: it changes nothing for the unit."""


@dataclass(frozen=True, slots=True)
class WhenLine:
    """Something that happened, or will."""

    when: str
    text: str


@dataclass(frozen=True, slots=True)
class TicketHead:
    """What stands at the top of a ticket, also where a page has several."""

    ticket_id: str
    number: str  # that can be read out on the telephone
    check: str
    asset: str
    code: str  # in the national register
    url: str  # of the asset; empty where it is no link
    unit: str
    status: str
    is_open: bool
    light: Light
    severity: str
    due: str
    true_due: str  # of a first load, or of what was registered late
    provisional: str
    problem_count: int
    open_problem_count: int
    places: tuple[NumberedPlace, ...]
    rung: str


@dataclass(frozen=True, slots=True)
class TicketPage:
    """The whole of a ticket."""

    head: TicketHead
    found: str
    basis: str
    amount: str
    counted: tuple[str, ...]  # day by day
    todo: tuple[str, ...]
    ahead: tuple[WhenLine, ...]  # what comes next, and when
    done: tuple[WhenLine, ...]  # the newest first
    waiting: str  # for a recheck
    asks: tuple[str, ...]  # that wait for an answer
    ended: str  # how it was closed
    page: int  # of the places
    pages: int


def head(
    ticket: Ticket,
    asset: AssetRecord,
    problems: Sequence[Problem],
    registry: Registry,
    policy: Policy,
    now: datetime,
) -> TicketHead:
    """The top of a ticket."""
    record: Mapping[str, Any] = orjson.loads(asset.document_json) if asset.document_json else {}
    name = shorten(clean(asset.name), 60)
    platform = PLATFORM.get(str(record.get("platform")), "")
    unit = registry.units.get(ticket.unit_id or "")
    return TicketHead(
        ticket_id=ticket.ticket_id,
        number=short_number(ticket.ticket_id),
        check=policy.rule(ticket.check).name,
        asset=f"{name}（{platform}）" if platform and platform not in name else name,
        code=clean(record.get("code")),
        url=href(clean(record.get("url"))),
        unit=unit.name if unit else ticket.unit_id or NO_UNIT,
        status=STATUS_LABELS[ticket.status],
        is_open=ticket.status in OPEN,
        light=light(ticket, now, registry.calendar, registry.zone),
        severity=SEVERITY_LABELS.get(ticket.severity, ""),
        due=long_due(ticket.due_at, registry.zone),
        true_due=_true_due(ticket, registry.zone),
        provisional=f"{PROVISIONAL}{PROVISIONAL_WHY}" if ticket.provisional else "",
        problem_count=ticket.problem_count,
        open_problem_count=ticket.open_problem_count,
        places=tuple(places(ticket, problems, asset, registry, policy)),
        rung=called(ticket.rung, policy) if ticket.rung else "",
    )


def _true_due(ticket: Ticket, zone: ZoneInfo) -> str:
    begun = deadline_of(ticket).begun
    return "" if begun is None else true_due_words(begun.true_due_at, begun.day, begun.reason, zone)


def page(
    dossier: Dossier,
    registry: Registry,
    policy: Policy,
    now: datetime,
    names: Mapping[date, str],
    *,
    number: int = 1,
) -> TicketPage:
    """The whole of a ticket; `dossier.problems` are those of the page `number` of its places."""
    ticket, zone = dossier.ticket, registry.zone
    frozen = deadline_of(ticket)
    top = head(ticket, dossier.asset, dossier.problems, registry, policy, now)
    return TicketPage(
        head=top,
        found=occasion(ticket.check).found.format(asset=top.asset, whose="贵单位", please="请"),
        basis=basis_words(orjson.loads(published_deadline(ticket, zone))),
        amount=f"{frozen.amount}{UNIT_LABELS[frozen.unit]}" if frozen.unit in UNIT_LABELS else "",
        counted=_counted(ticket, registry, names),
        todo=_todo(ticket, top) if top.is_open else (),
        ahead=tuple(_ahead(ticket, policy, zone)) if top.is_open else (),
        done=tuple(_done(dossier, policy, zone)),
        waiting=waiting_words(dossier.requests, now, zone) if dossier.requests and top.is_open else "",
        asks=tuple(f"{ask_words(one, dossier.units, zone)}。" for one in dossier.asks),
        ended="" if top.is_open else _ended(ticket, zone),
        page=number,
        pages=max(1, -(-ticket.problem_count // SHOWN_PLACES)),
    )


def _counted(ticket: Ticket, registry: Registry, names: Mapping[date, str]) -> tuple[str, ...]:
    frozen, zone = deadline_of(ticket), registry.zone
    if frozen.unit == "hour":
        return (f"自 {local(ticket.counted_from, zone)} 起连续计算，夜间和休息日照常计时。",)
    if frozen.unit != "working_day" or None in frozen.granted:
        return ()
    began, due = (moment.astimezone(zone).date() for moment in (ticket.counted_from, ticket.due_at))
    days = counted_days(began, due, registry.calendar.as_of(frozen.calendar), names)
    return (f"自 {local(ticket.counted_from, zone)} 起，当日不计：", *map(span_words, days)) if days else ()


def _todo(ticket: Ticket, top: TicketHead) -> tuple[str, ...]:
    case = ActionContext(
        check=ticket.check,
        number=top.number,
        merged_into="",
        unit=top.unit,
        unacknowledged=ticket.status == "open",
        waiting=ticket.status == "claimed",
    )
    return steps(row("urge" if ticket.status == "claimed" else "opened"), "duty", case)


def _ahead(ticket: Ticket, policy: Policy, zone: ZoneInfo) -> list[WhenLine]:
    told = [
        WhenLine(long_moment(step.at, zone), f"仍未销号的：{called(step.name, policy)}") for step in steps_of(ticket)
    ]
    expires = ticket.acknowledgement_expires_at
    if expires is not None:
        told.append(WhenLine(long_moment(expires, zone), "仍未反馈整改的，签收失效，须重新签收"))
    return told


def _done(dossier: Dossier, policy: Policy, zone: ZoneInfo) -> list[WhenLine]:
    """What happened, the newest first; places that joined in the same minute are one line."""
    narrator = Narrator(dossier, policy, zone)
    tell = teller_of(narrator)
    lines: list[WhenLine] = []
    joined = 0
    for event in reversed(dossier.events):
        if event["type"] in _QUIET:
            continue
        one = tell(event)
        when = long_moment(one.at, zone)
        if event["type"] == "joined" and lines and joined and lines[-1].when == when:
            joined += 1
            lines[-1] = WhenLine(when, f"同一成因的另外{joined}处问题并入，时限不变。")
            continue
        joined = 1 if event["type"] == "joined" else 0
        lines.append(WhenLine(when, _opened(event, narrator) if event["type"] == "opened" else one.text))
        if len(lines) == TOLD:
            break
    return lines


def _opened(event: Mapping[str, Any], narrator: Narrator) -> str:
    """Short, for the page says itself how the deadline is counted, and by what."""
    return f"{opened_briefly(event, narrator)}{former_words(event)}。"


def _ended(ticket: Ticket, zone: ZoneInfo) -> str:
    how = ended_by(ticket.close_reason)
    when = long_moment(ticket.closed_at, zone) if ticket.closed_at else ""
    return f"{when}{STATUS_LABELS[ticket.status]}{f'：{how}' if how else ''}。本单无需再办理。"
