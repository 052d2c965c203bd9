"""Sending: which of the picked notices go out now, together with which others; pure (rules N-5 to N-10).

N-5   The ticket is looked at again: a notice about a closed or dismissed one, and a reminder of one that is
      overdue and escalated by now, is suppressed; so is all of a channel that is not set up.
N-66  A closing is told only of a ticket of which somebody of its unit, or in its place, has been told before.
N-6   Quiet hours and rest days hold and then let go; a notice lives from the first moment at which it may be sent.
N-7   A contact gets so many short messages a day (1); the rest wait for the next day, and then are one.
N-51  A contact gets so many mails a day (10); what comes on top waits for the next day, and then is one mail.
N-8   Mails to one contact that fall on the same moment, openings still gathering, and warnings within the gathering
      time of theirs, are one mail.
N-9   What was interrupted between `sending` and the answer: a mail is sent again, the same letter with the same id; a
      short message may have been taken, so it is uncertain and never sent again.
N-10  Retries wait at random between 30 seconds and a ceiling that doubles with each attempt, from a minute to an hour,
      until the notice expires. Never less than 30 seconds: servers that greylist refuse whoever is back at once.
N-14  A warning is looked at again: it is superseded once the problem is a ticket's, gone, or warned of afresh.
N-20  After an outage what is exempt (N-4) goes before all else, however long the rest has waited; then the oldest.
Exempt notices (N-4) pass N-6, N-7 and N-51.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from schemas.addresses import inbox
from schemas.channels import CHANNELS, DailyCap
from schemas.ladder import ABOUT_ASKS, ANSWERED
from schemas.limits import Count, Sending
from streams.rules.notices.notices import STOPPED, WITHDRAWN
from streams.rules.notices.silence_mails import SILENT, is_still
from streams.rules.notices.warning import is_current
from streams.rules.notices.weekly_mails import WEEKLY
from streams.rules.notices.weekly_mails import is_still as supervises_still
from streams.rules.sending.quiet import end_of_day, next_allowed
from streams.rules.state.records import Notice, Problem, ProducerRhythm, Ticket
from streams.rules.state.snapshot import Registry

RETRY_FIRST: Final = timedelta(seconds=30)
RETRY_LONGEST: Final = timedelta(hours=1)
_OPEN: Final = frozenset({"open", "acknowledged", "claimed"})


class Delivery(NamedTuple):
    """One letter: notices to one address over one channel. Its id stays for good, and is the mail's Message-ID."""

    delivery_id: str
    notices: tuple[Notice, ...]


class NotSent(NamedTuple):
    """A notice that is not sent: `suppressed`, `expired` or `uncertain`, and why."""

    notice: Notice
    state: Literal["suppressed", "expired", "uncertain"]
    code: str


class Held(NamedTuple):
    """A notice that waits, until when and why."""

    notice: Notice
    until: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of the picked notices; those that are not named stay as they are."""

    deliveries: list[Delivery] = field(default_factory=list)  # most urgent first
    held: list[Held] = field(default_factory=list)
    ended: list[NotSent] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Situation:
    """What the decision rests on, beside the notices."""

    at: datetime  # domain's clock
    tickets: Mapping[int, Ticket]
    registry: Registry
    sending: Sending
    configured: bool  # whether the channel is set up
    today: Mapping[str, int] = field(default_factory=dict)  # letters of this channel since local midnight, by inbox
    warned: Mapping[str, Problem] = field(default_factory=dict)  # by notice id: what a warning is about, as it stands
    reminders: frozenset[str] = frozenset({"reminder"})  # the pack's steps that remind before it escalates
    untold: frozenset[int] = frozenset()  # tickets of whose closing nobody is told, for nobody knows of them
    asked: Collection[int] = ()  # ticket pks: those with an open ask
    rhythms: Mapping[str, ProducerRhythm] = field(default_factory=dict)  # by source, of producers called silent


def plan_sending(notices: Iterable[Notice], now: Situation) -> Plan:
    """Sorts notices of one channel, due or riding along, into what is sent, held and ended."""
    plan = Plan()
    letters: defaultdict[tuple[str, str], list[Notice]] = defaultdict(list)
    picked = sorted(notices, key=lambda notice: (notice.not_before, notice.notice_id))
    # A letter once tried is not torn apart: two with one Message-ID, and mail servers drop the second.
    allowed = next_allowed(now.at, now.sending.quiet, now.registry.calendar, now.registry.zone)
    passing = {notice.delivery_id for notice in picked if notice.exempt and notice.delivery_id is not None}
    for notice in picked:
        due = notice.not_before <= now.at
        if notice.state == "sending" and CHANNELS[notice.channel].at_most_once:
            plan.ended.append(NotSent(notice, "uncertain", "interrupted"))
        elif reason := _ending(notice, now):
            plan.ended.append(NotSent(notice, *reason))
        elif notice.subject_json and notice.not_before - timedelta(minutes=now.sending.gather.minutes) > now.at:
            continue  # a warning that waits for its morning
        elif allowed > now.at and not notice.exempt and notice.delivery_id not in passing:
            if due:
                plan.held.append(Held(notice, allowed, "quiet_hours"))
        else:
            letters[_letter_of(notice)].append(notice)
    for members in _capped(letters, now, plan):
        if any(notice.not_before <= now.at for notice in members):
            first = members[0]
            plan.deliveries.append(Delivery(first.delivery_id or first.notice_id, tuple(members)))
    plan.deliveries.sort(key=_urgency)
    return plan


def expires_at(notice: Notice, sending: Sending, registry: Registry) -> datetime:
    """When it is too late for a notice: its life, counted from the first moment at which it may be sent (N-6)."""
    if notice.exempt:
        return notice.expires_at
    first = next_allowed(notice.created_at, sending.quiet, registry.calendar, registry.zone)
    return notice.expires_at + (first - notice.created_at)


def retry_at(notice: Notice, now: Situation, chance: float) -> datetime:
    """When to try again after `notice.attempts` attempts (N-10); `chance` is from 0 to 1, drawn by the caller."""
    ceiling = min(RETRY_FIRST * (1 << min(notice.attempts, 16)), RETRY_LONGEST)
    at = now.at + RETRY_FIRST + (ceiling - RETRY_FIRST) * chance
    return min(at, expires_at(notice, now.sending, now.registry))


def _ending(notice: Notice, now: Situation) -> tuple[Literal["suppressed", "expired"], str] | None:
    """State and code of a notice that is not to be sent (any more)."""
    if notice.code == STOPPED:
        return "suppressed", STOPPED
    if not now.configured:
        return "suppressed", "channel_not_configured"
    if notice.subject_json is not None:
        if notice.code == WITHDRAWN or not _holds(notice, notice.subject_json, now):
            return "suppressed", WITHDRAWN if notice.code == WITHDRAWN else "superseded"
    elif notice.kind == "closed" and notice.ticket_pk in now.untold:
        return "suppressed", "never_told"
    elif reason := overtaken(
        notice, now.tickets.get(notice.ticket_pk), now.at, now.reminders, is_asked=notice.ticket_pk in now.asked
    ):
        return "suppressed", reason
    # What quiet hours add to its life is asked for only when it would be over.
    if now.at >= notice.expires_at and now.at >= expires_at(notice, now.sending, now.registry):
        return "expired", "too_late"
    return None


def _holds(notice: Notice, subject_json: str, now: Situation) -> bool:
    """Whether what a notice of no ticket says is still so."""
    if notice.kind == WEEKLY:
        return supervises_still(notice, now.registry)
    if notice.kind == SILENT:
        return is_still(subject_json, now.rhythms)
    return is_current(subject_json, now.warned.get(notice.notice_id))


def overtaken(
    notice: Notice, ticket: Ticket | None, at: datetime, reminders: Collection[str], *, is_asked: bool
) -> str | None:
    """Why what a notice says of its ticket is no longer so (N-5, N-70); `is_asked`: an ask of it is open."""
    if notice.kind in ABOUT_ASKS and ticket is not None:
        return None if is_asked or notice.kind == ANSWERED else "ask_over"
    if ticket is None or (ticket.status not in _OPEN and notice.kind != "closed"):
        return "ticket_closed"
    if notice.code == WITHDRAWN:
        return WITHDRAWN
    if notice.kind == "closed" and ticket.status in _OPEN:
        return "ticket_reopened"
    if notice.kind in reminders and ticket.rung is not None and ticket.due_at <= at:
        return "superseded"
    return None


def _letter_of(notice: Notice) -> tuple[str, str]:
    """Notices with the same answer share a letter (N-8), an exempt one where the channel allows it; R-42."""
    if notice.delivery_id is not None:
        return "delivery", notice.delivery_id
    box = inbox(notice.channel, notice.address)
    if notice.kind == SILENT:
        return SILENT, box
    if notice.kind == WEEKLY:
        return f"{WEEKLY}:{notice.unit_id}", box
    return "exempt" if notice.exempt and CHANNELS[notice.channel].exempt_alone else "", box


def _capped(letters: Mapping[tuple[str, str], list[Notice]], now: Situation, plan: Plan) -> Iterable[list[Notice]]:
    """The letters that may go; those beyond a contact's number for the day are held (N-7, N-51)."""
    today = dict(now.today)
    # What is exempt goes in any case, and is counted first.
    for members in sorted(letters.values(), key=lambda members: not any(notice.exempt for notice in members)):
        first = members[0]
        daily = CHANNELS[first.channel].daily_cap
        if daily is not None and first.not_before <= now.at:
            box = inbox(first.channel, first.address)
            sent = today.get(box, 0)
            if sent >= cap(now.sending, daily) and not any(map(_passes, members)):
                until = _next_day(now)
                plan.held.extend(Held(notice, until, daily.code) for notice in members)
                continue
            today[box] = sent + 1
        yield members


def _passes(notice: Notice) -> bool:
    """Whether it goes beyond the cap: it is exempt, or a mail that may have arrived already, and is counted (N-9)."""
    return notice.exempt or notice.state == "sending"


def cap(sending: Sending, daily: DailyCap) -> int:
    """How many letters a contact gets a day."""
    limit: Count = getattr(sending, daily.limit)
    return limit.count


def _urgency(delivery: Delivery) -> tuple[bool, datetime]:
    return not any(notice.exempt for notice in delivery.notices), delivery.notices[0].not_before


def _next_day(now: Situation) -> datetime:
    registry = now.registry
    return next_allowed(end_of_day(now.at, registry.zone), now.sending.quiet, registry.calendar, registry.zone)
