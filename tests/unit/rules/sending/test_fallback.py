"""Who is told in the place of somebody whom a notice did not reach (rules N-25, N-26)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.channels import Channel
from schemas.registry import Contact, Unit
from streams.files.calendar.builtin import builtin_calendar
from streams.rules.sending.fallback import failed, in_their_place
from streams.rules.state.records import Notice, Ticket
from streams.rules.state.snapshot import Registry
from tests.support.ledger import ZONE, at, notice, open_ticket

DUTY = Contact(name="李", email="li@a.gov.cn", phone="13800000001")
HEAD = Contact(name="王", email="wang@a.gov.cn", phone="13800000002", role="head")
CITY = Unit(unit_id="city", name="市公开办", contacts=(Contact(name="赵", email="zhao@a.gov.cn"),))
TICKET = open_ticket(1, "AAA", 1)
BOTH: frozenset[Channel] = frozenset(("email", "sms"))
LATER = at(hours=1)


def _registry(*contacts: Contact) -> Registry:
    unit = Unit(unit_id="unit-1", name="市科技局", supervisor_id="city", contacts=contacts)
    return Registry({"unit-1": unit, "city": CITY}, builtin_calendar(), {}, ZONE)


def _bounced(name: str = "one", **changes: Any) -> Notice:
    row = notice(name, 1, 1, channel="email", kind="reminder")
    row = row._replace(unit_id="unit-1", name="李", address="li@a.gov.cn", role="duty", state="undelivered")
    return row._replace(**changes)


def _follow(
    *failures: Notice,
    told: tuple[Notice, ...] = (),
    contacts: tuple[Contact, ...] = (DUTY, HEAD),
    ticket: Ticket = TICKET,
    usable: frozenset[Channel] = BOTH,
) -> list[Notice]:
    return in_their_place(failures, {1: ticket}, {1: (*failures, *told)}, _registry(*contacts), usable, LATER)


def _to(made: list[Notice]) -> list[tuple[str | None, str, str]]:
    return [(one.unit_id, one.channel, one.address) for one in made]


def test_the_other_contact_of_the_unit_is_told() -> None:
    """N-25: whatever the role, by the channel that failed; a new notice that is due now and has not been tried."""
    made = _follow(_bounced(attempts=3, delivery_id="d", code="550"))
    assert _to(made) == [("unit-1", "email", "wang@a.gov.cn")]
    (one,) = made
    assert (one.kind, one.role, one.state, one.attempts, one.delivery_id, one.code) == (
        "reminder", "head", "pending", 0, None, None,
    )  # fmt: skip
    assert one.not_before == one.created_at == LATER
    assert one.expires_at == LATER + timedelta(days=7)


def test_the_same_person_over_the_other_channel_comes_before_the_supervisor() -> None:
    """N-25: one contact only; without a channel for short messages it is the supervising unit."""
    assert _to(_follow(_bounced(), contacts=(DUTY,))) == [("unit-1", "sms", "13800000001")]
    found = _follow(_bounced(), contacts=(DUTY,), usable=frozenset(("email",)))
    assert _to(found) == [("city", "email", "zhao@a.gov.cn")]


def test_somebody_of_the_unit_has_the_news_already() -> None:
    """N-25: told over another channel, or another contact about to be told: nobody else is."""
    sms = _bounced("sms", channel="sms", address="13800000001", state="accepted")
    assert _follow(_bounced(), told=(sms,)) == []
    assert _follow(_bounced(), told=(sms._replace(state="pending"),)) == []
    assert len(_follow(_bounced(), told=(sms._replace(state="dead"),))) == 1
    copy = _bounced("copy", channel="chat", address="group", role="group", state="accepted")
    assert len(_follow(_bounced(), told=(copy,))) == 1, "a copy for the group is nobody's being told"
    earlier = sms._replace(created_at=at(days=-3))
    assert len(_follow(_bounced(), told=(earlier,))) == 1, "the same kind of an earlier cycle is other news"


def test_a_mail_and_a_short_message_that_both_fail_are_followed_once() -> None:
    """N-25: the second finds the other contact about to be told."""
    sms = _bounced("sms", channel="sms", address="13800000001", state="dead")
    assert _to(_follow(_bounced(), sms)) == [("unit-1", "email", "wang@a.gov.cn")]


def test_what_was_sent_in_anothers_place_is_not_followed() -> None:
    """N-26: never a loop, and the same failure reported again makes the same notice."""
    first = _bounced()
    (second,) = _follow(first)
    assert _follow(first) == [second]
    assert _follow(second._replace(state="undelivered"), told=(first,)) == []


@pytest.mark.parametrize(
    "changes",
    [{"status": "closed"}, {"status": "dismissed"}, {"unit_id": "elsewhere"}, {"unit_id": None}],
)
def test_news_of_a_ticket_that_has_ended_or_moved_is_not_followed(changes: dict[str, Any]) -> None:
    """N-26."""
    assert _follow(_bounced(), ticket=TICKET._replace(**changes)) == []


def test_copies_and_warnings_are_not_followed() -> None:
    """N-26: a copy is nobody's being told; a warning has no ticket."""
    assert _follow(_bounced(channel="chat", address="group", role="group")) == []
    warned = _bounced(ticket_pk=0, kind="warned")
    assert in_their_place([warned], {}, {}, _registry(DUTY, HEAD), BOTH, LATER) == []


@pytest.mark.parametrize(
    ("state", "code", "is_failure"),
    [
        ("undelivered", "DELIVRD", True),
        ("dead", "rejected:550", True),
        ("dead", "bad_address", True),
        ("dead", "template:isv.x", False),
        ("dead", "fault", False),
        ("uncertain", "no_answer", False),
        ("accepted", None, False),
    ],
)
def test_only_a_failure_of_the_address_counts(state: str, code: str | None, is_failure: bool) -> None:  # noqa: FBT001
    """N-25: a template that does not fit would fit nobody; what is uncertain may have arrived."""
    assert failed(state, code) is is_failure
