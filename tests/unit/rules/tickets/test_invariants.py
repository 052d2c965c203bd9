"""What must be true of the ledger: each way to break it has a name, an advice, and a question to the tables (O-12)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from streams.ledger.reading.invariants import QUERIES
from streams.rules.tickets.invariants import WHAT_TO_DO, violations
from tests.support.world import World, local

AT = local("2026-03-02 12:00")
FINDING = {"asset_id": "site", "check": "column.blank", "locator": "公示", "observed_at": "2026-03-02T10:00:00+08:00"}


def world() -> World:
    """One open ticket, and one bad moment that waits."""
    told = World("2026-03-02 10:00")
    told.send(FINDING, FINDING | {"check": "site.unreachable", "locator": ""})
    return told


def broken(ticket: dict[str, Any], problem: dict[str, Any]) -> set[str]:
    """Which invariants the ledger breaks with these fields."""
    told = world()
    assert not [*violations(told.tickets.values(), told.problems)]
    problems = [told.problems[0]._replace(**problem), told.problems[1]]
    return {one.name for one in violations([told.ticket()._replace(**ticket)], problems)}


GONE = {"status": "gone", "gone_at": AT}


@pytest.mark.parametrize(
    ("name", "ticket", "problem"),
    [
        ("open_without_a_problem", {"open_problem_count": 0}, GONE),
        ("open_without_a_problem", {"open_problem_count": 0}, {"current": False}),
        ("closed_with_an_open_problem", {"status": "closed", "closed_at": AT}, {}),
        ("open_problems_miscounted", {"open_problem_count": 2, "problem_count": 2}, {}),
        ("impossible_counters", {"problem_count": 0}, {}),
        ("impossible_counters", {"reopen_count": -1}, {}),
        ("expiry_without_acknowledgement", {"acknowledgement_expires_at": AT}, {}),
        ("closed_without_a_time", {"closed_at": AT}, {}),
        ("waived_without_a_verdict", {"waived_until": AT + timedelta(days=1)}, {}),
        ("cause_of_a_closed_ticket",
         {"status": "closed", "closed_at": AT, "group_key": b"x", "open_problem_count": 0}, GONE),
        ("problem_neither_here_nor_gone", {}, {"gone_at": AT}),
        ("problem_neither_here_nor_gone", {"open_problem_count": 0, "status": "closed", "closed_at": AT},
         {"ticket_pk": 0, "status": "dismissed"}),
    ],
)  # fmt: skip
def test_each_contradiction_has_a_name(name: str, ticket: dict[str, Any], problem: dict[str, Any]) -> None:
    """O-12: and what is told to do about it, and a query."""
    assert name in broken(ticket, problem)
    assert name in WHAT_TO_DO


def test_an_ended_ticket_is_not_asked_about() -> None:
    """O-12, K-43: with an ask that is still open there is an advice."""
    told = world()
    told.command(action="ask", kind="not_ours", asset_id="site", ticket_id=told.ticket().ticket_id, reason="说明")
    ended = told.ticket()._replace(status="closed", closed_at=AT)
    assert "ask_of_an_ended_ticket" in {one.name for one in violations([ended], told.problems, told.asks.values())}


def test_tables_and_records_are_asked_the_same() -> None:
    """O-12: no name without its query, no query without its advice."""
    assert QUERIES.keys() == WHAT_TO_DO.keys()
