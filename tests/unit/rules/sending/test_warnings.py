"""Warnings on their way out: with which mail they go, and when they are no longer true (rules N-5, N-8, N-14)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from streams.files.policy.loading import load_policy
from streams.rules.sending.sending import Plan, Situation, plan_sending
from streams.rules.state.records import Notice, Problem
from streams.rules.state.text import to_json
from tests.support.ledger import REGISTRY, ZONE, notice, open_ticket, problem

NINE = datetime(2026, 3, 3, 9, tzinfo=ZONE)
SINCE = "2026-03-02T02:00:00+00:00"
TEN_MINUTES = timedelta(minutes=10)


def _remembered(since: str = SINCE) -> str:
    return to_json({"warned": {"since": since, "told_at": since, "times": 1}})


WARNED = problem("column", 1, status="warned")._replace(suspicion_json=_remembered())


def _warning(at: datetime = NINE + TEN_MINUTES) -> Notice:
    row = notice("w", 0, 1, kind="warned")
    subject = to_json({"key": WARNED.key.hex(), "since": SINCE})
    return row._replace(
        exempt=False, not_before=at, created_at=NINE - timedelta(days=1), expires_at=at + timedelta(days=7),
        subject_json=subject,
    )  # fmt: skip


def _reminder() -> Notice:
    return notice("r", 1, 1, kind="reminder")._replace(exempt=False, not_before=NINE, expires_at=NINE + TEN_MINUTES)


def _plan(*notices: Notice, at: datetime, warned: Problem | None = WARNED, configured: bool = True) -> Plan:
    ticket = open_ticket(1, "AAA", 1)._replace(rung=None)
    found = {} if warned is None else {"w": warned, _warning().notice_id: warned}
    now = Situation(at, {1: ticket}, REGISTRY, load_policy().sending, configured=configured, warned=found)
    return plan_sending(notices, now)


def test_the_mornings_reminder_takes_the_warnings_along() -> None:
    """N-8: one mail at 09:00."""
    (delivery,) = _plan(_warning(), _reminder(), at=NINE).deliveries
    assert {one.kind for one in delivery.notices} == {"reminder", "warned"}


def test_a_mail_of_the_day_before_does_not() -> None:
    """N-8: the warning waits for its morning."""
    plan = _plan(_warning(NINE + timedelta(days=1)), _reminder(), at=NINE)
    assert [[one.kind for one in delivery.notices] for delivery in plan.deliveries] == [["reminder"]]
    assert (plan.held, plan.ended) == ([], [])


def test_alone_it_goes_ten_minutes_later() -> None:
    """N-12: nothing came to take it along."""
    assert _plan(_warning(), at=NINE).deliveries == []
    assert len(_plan(_warning(), at=NINE + TEN_MINUTES).deliveries) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "open", "ticket_pk": 7, "suspicion_json": None},  # the line was crossed
        {"status": "gone", "ticket_pk": 7, "suspicion_json": None},
        {"status": "dismissed", "ticket_pk": 7, "suspicion_json": None},
        {"suspicion_json": None},  # proved absent
        {"suspicion_json": _remembered("2026-03-02T22:00:00+00:00")},  # and warned of afresh
        {"status": "suspected"},
    ],
)
def test_what_is_no_longer_so_is_not_said(changes: dict[str, Any]) -> None:
    """N-14: a ticket, gone, dismissed, or a later warning with a notice of its own."""
    (ended,) = _plan(_warning(), at=NINE + TEN_MINUTES, warned=WARNED._replace(**changes)).ended
    assert (ended.state, ended.code) == ("suppressed", "superseded")


def test_a_problem_that_is_not_there_is_not_warned_of() -> None:
    """N-14: a recurrence has replaced it."""
    (ended,) = _plan(_warning(), at=NINE + TEN_MINUTES, warned=None).ended
    assert ended.code == "superseded"


def test_it_ends_as_others_do() -> None:
    """N-5, N-6: without a channel, or after seven days."""
    (unset,) = _plan(_warning(), at=NINE + TEN_MINUTES, configured=False).ended
    (late,) = _plan(_warning(), at=NINE + timedelta(days=20)).ended
    assert (unset.code, late.state, late.code) == ("channel_not_configured", "expired", "too_late")
