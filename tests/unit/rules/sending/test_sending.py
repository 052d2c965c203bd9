"""Which notices go out now, together with which others (rules N-5 to N-10)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from streams.files.policy.loading import load_policy
from streams.rules.sending.quiet import next_allowed
from streams.rules.sending.sending import Plan, Situation, expires_at, plan_sending, retry_at
from streams.rules.state.records import Notice, Ticket
from tests.support.ledger import REGISTRY, ZONE, notice, open_ticket

SENDING = load_policy().sending
MONDAY = datetime(2026, 3, 2, 9, tzinfo=ZONE)
TICKET = open_ticket(1, "AAA", 1)._replace(rung=None)


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def _notice(name: str, at: datetime = MONDAY, *, channel: str = "email", kind: str = "opened") -> Notice:
    row = notice(name, 1, 1, channel=channel, kind=kind)
    return row._replace(exempt=False, created_at=at, not_before=at, expires_at=at + timedelta(days=7))


def _plan(
    *notices: Notice,
    at: datetime = MONDAY,
    ticket: Ticket = TICKET,
    configured: bool = True,
    today: dict[str, int] | None = None,
    asked: frozenset[int] = frozenset(),
) -> Plan:
    now = Situation(
        at=at,
        tickets={1: ticket},
        registry=REGISTRY,
        sending=SENDING,
        configured=configured,
        today=today or {},
        asked=asked,
    )
    return plan_sending(notices, now)


def _letters(plan: Plan) -> list[set[str]]:
    return [{member.notice_id for member in delivery.notices} for delivery in plan.deliveries]


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        ("2026-03-02T21:59", "2026-03-02T21:59"),
        ("2026-03-02T22:00", "2026-03-03T08:00"),
        ("2026-03-03T00:30", "2026-03-03T08:00"),
        ("2026-03-03T07:59", "2026-03-03T08:00"),
        ("2026-03-03T08:00", "2026-03-03T08:00"),
        ("2026-03-06T22:30", "2026-03-09T08:00"),  # Friday night
        ("2026-03-07T12:00", "2026-03-09T08:00"),  # Saturday
        ("2026-02-14T12:00", "2026-02-14T12:00"),  # a Saturday that is made up for the spring festival
        ("2026-02-14T23:00", "2026-02-24T08:00"),  # the night before it
        ("2026-02-20T12:00", "2026-02-24T08:00"),  # in the middle of it
    ],
)
def test_quiet_hours_and_rest_days(at: str, allowed: str) -> None:
    """N-6: 22:00 to 08:00 and days off wait for the next working day's 08:00."""
    assert next_allowed(_local(at), SENDING.quiet, REGISTRY.calendar, ZONE) == _local(allowed)


@pytest.mark.parametrize(
    ("kind", "changes", "code"),
    [
        ("opened", {"status": "closed"}, "ticket_closed"),
        ("urge", {"status": "dismissed"}, "ticket_closed"),
        ("closed", {"status": "open"}, "ticket_reopened"),
        ("reminder", {"rung": "urge", "due_at": MONDAY}, "superseded"),
    ],
)
def test_a_ticket_is_looked_at_again(kind: str, changes: dict[str, Any], code: str) -> None:
    """N-5: what is no longer true is not said."""
    ticket = TICKET._replace(**changes)
    (ended,) = _plan(_notice("a", kind=kind), ticket=ticket).ended
    assert (ended.state, ended.code) == ("suppressed", code)


@pytest.mark.parametrize("kind", ["asked", "ask_unanswered"])
def test_what_is_asked_is_told_while_it_is_open(kind: str) -> None:
    """N-70: and not once it is answered; the answer is told in any case, also of a ticket that has ended with it."""
    assert len(_plan(_notice("a", kind=kind), asked=frozenset({1})).deliveries) == 1
    (ended,) = _plan(_notice("a", kind=kind)).ended
    assert (ended.state, ended.code) == ("suppressed", "ask_over")
    dismissed = TICKET._replace(status="dismissed")
    assert len(_plan(_notice("a", kind="answered"), ticket=dismissed).deliveries) == 1


def test_an_extended_ticket_is_reminded_again() -> None:
    """It was urged once, but its new deadline is still to come."""
    urged = TICKET._replace(rung="urge", due_at=MONDAY + timedelta(days=1))
    assert len(_plan(_notice("a", kind="reminder"), ticket=urged).deliveries) == 1


def test_the_closing_itself_is_told() -> None:
    """N-5 is about what is asked of people."""
    assert len(_plan(_notice("a", kind="closed"), ticket=TICKET._replace(status="closed")).deliveries) == 1


def test_mails_to_one_contact_are_one() -> None:
    """N-8: what is due and what still gathers; another contact's mail is another letter, the most urgent first."""
    due, gathering = _notice("due"), _notice("gathering")._replace(not_before=MONDAY + timedelta(minutes=9))
    other = _notice("other", MONDAY - timedelta(minutes=1))._replace(address="li@unit.gov.cn")
    plan = _plan(due, gathering, other)
    assert _letters(plan) == [{other.notice_id}, {due.notice_id, gathering.notice_id}]
    assert plan.deliveries[1].delivery_id == due.notice_id


def test_gathering_alone_is_not_due() -> None:
    """It rides along, it does not start."""
    later = _notice("gathering")._replace(not_before=MONDAY + timedelta(minutes=9))
    assert _plan(later) == Plan()


def test_a_letter_once_tried_stays_together() -> None:
    """N-9: what came later gets a letter of its own, or two letters would have one Message-ID."""
    tried = [_notice(name)._replace(delivery_id="d" * 32, attempts=1) for name in ("a", "b")]
    new = _notice("new")
    plan = _plan(*tried, new)
    assert {delivery.delivery_id for delivery in plan.deliveries} == {"d" * 32, new.notice_id}
    assert {row.notice_id for row in tried} in _letters(plan)


def test_a_tried_letter_with_an_exempt_part_is_not_torn_at_night() -> None:
    """N-9 before N-6: half of it under the same Message-ID would swallow the other half."""
    night = _local("2026-03-02T23:00")
    ordinary, exempt = [_notice(name)._replace(delivery_id="d" * 32, attempts=1) for name in ("a", "b")]
    plan = _plan(ordinary, exempt._replace(exempt=True), at=night)
    assert _letters(plan) == [{ordinary.notice_id, exempt.notice_id}]
    assert plan.held == []


def test_an_interrupted_short_message_is_uncertain() -> None:
    """N-9: also when its ticket has been closed meanwhile; an interrupted mail goes again."""
    left = _notice("a", channel="sms")._replace(state="sending", delivery_id="d" * 32)
    (ended,) = _plan(left, ticket=TICKET._replace(status="closed")).ended
    assert (ended.state, ended.code) == ("uncertain", "interrupted")
    mail = _notice("b")._replace(state="sending", delivery_id="e" * 32)
    assert _plan(mail).deliveries[0].delivery_id == "e" * 32


def test_one_short_message_a_day() -> None:
    """N-7: two at once are one; after it the next waits for tomorrow; on Friday for Monday."""
    both = [_notice(name, channel="sms") for name in ("a", "b")]
    assert len(_plan(*both).deliveries) == 1
    (held,) = _plan(both[0], today={both[0].address: 1}).held
    assert (held.code, held.until) == ("sms_cap", _local("2026-03-03T08:00").astimezone(UTC))
    friday = _local("2026-03-06T10:00")
    (held,) = _plan(_notice("c", friday, channel="sms"), at=friday, today={both[0].address: 1}).held
    assert held.until == _local("2026-03-09T08:00")


def test_ten_mails_a_day() -> None:
    """N-51: the eleventh waits for tomorrow; what is exempt goes, and a mail that may have arrived goes again."""
    mail = _notice("a")
    address = mail.address
    assert len(_plan(mail, today={address: 9}).deliveries) == 1
    (held,) = _plan(mail, today={address: 10}).held
    assert (held.code, held.until) == ("mail_cap", _local("2026-03-03T08:00").astimezone(UTC))
    urgent = _notice("b")._replace(exempt=True)
    assert _letters(_plan(mail, urgent, today={address: 10})) == [{mail.notice_id, urgent.notice_id}]
    interrupted = mail._replace(state="sending", delivery_id="e" * 32)
    assert len(_plan(interrupted, today={address: 10}).deliveries) == 1
    assert len(_plan(mail, today={"li@unit.gov.cn": 10}).deliveries) == 1


def test_an_exempt_short_message_is_counted_but_not_held() -> None:
    """N-4, N-7: it goes at night and over the cap, by itself; what is ordinary waits behind it."""
    exempt, ordinary = _notice("a", channel="sms")._replace(exempt=True), _notice("b", channel="sms")
    plan = _plan(ordinary, exempt)
    assert _letters(plan) == [{exempt.notice_id}]
    assert [held.notice.notice_id for held in plan.held] == [ordinary.notice_id]
    night = _local("2026-03-07T23:00")
    assert len(_plan(exempt, at=night, today={exempt.address: 5}).deliveries) == 1


def test_a_channel_that_is_not_set_up() -> None:
    """N-5: said of each notice, and nothing is sent."""
    plan = _plan(_notice("a"), configured=False)
    assert plan.deliveries == []
    assert plan.ended[0].code == "channel_not_configured"


def test_a_long_holiday_does_not_eat_a_notice() -> None:
    """N-6: opened on the eve of nine days off, its seven days begin on the first working day."""
    eve = _local("2026-02-14T23:00")
    row = _notice("a", eve)
    assert expires_at(row, SENDING, REGISTRY) == _local("2026-03-03T08:00")
    assert _plan(row, at=_local("2026-02-24T08:00")).ended == []
    assert _plan(row, at=_local("2026-03-03T08:00")).ended[0].state == "expired"


@pytest.mark.parametrize(
    ("attempts", "longest"), [(1, timedelta(minutes=1)), (2, timedelta(minutes=2)), (99, timedelta(hours=1))]
)
def test_retries_wait_longer_each_time(attempts: int, longest: timedelta) -> None:
    """N-10: 30 seconds at least, an hour at most, and never beyond the end of the notice."""
    now = Situation(at=MONDAY, tickets={}, registry=REGISTRY, sending=SENDING, configured=True)
    row = _notice("a")._replace(attempts=attempts)
    assert retry_at(row, now, 0.0) == MONDAY + timedelta(seconds=30)
    assert retry_at(row, now, 1.0) == MONDAY + longest
    soon = row._replace(expires_at=MONDAY + timedelta(seconds=10), exempt=True)
    assert retry_at(soon, now, 1.0) == soon.expires_at


def test_what_is_exempt_goes_before_what_waited_longer() -> None:
    """N-20: after an outage; the rest by its age."""
    now = MONDAY + timedelta(hours=2)
    older, newer = [_notice(name)._replace(address=f"{name}@unit.gov.cn") for name in ("older", "newer")]
    newer = newer._replace(not_before=MONDAY + timedelta(minutes=5))
    urgent = _notice("urgent", now)._replace(address="urgent@unit.gov.cn", exempt=True)
    plan = _plan(newer, older, urgent, at=now)
    assert _letters(plan) == [{urgent.notice_id}, {older.notice_id}, {newer.notice_id}]
