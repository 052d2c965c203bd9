"""Grouping does not depend on the order in which findings arrive (rule G-6)."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.world import World

AT = "2026-03-02T10:00:00+08:00"
LIMIT = 50
CHECKS = ("link.dead", "text.typo", "message.zhaocuo")
EVIDENCE: tuple[dict[str, Any], ...] = (
    {},
    {"target": "https://x.gov.cn"},
    {"target": "https://y.gov.cn", "template": "/a.html"},
    {"template": "/a.html"},
)


def finding(number: int, check: str, run: str, evidence: dict[str, Any], cause: str | None) -> dict[str, Any]:
    """A finding whose cause follows from its place, as a producer would see it."""
    return {
        "asset_id": "site",
        "check": check,
        "locator": f"https://a.gov.cn/{number}",
        "observed_at": AT,
        "source": "crawler",
        "run_id": run,
        "evidence": evidence,
        **({"cause": cause} if cause else {}),
    }


one = st.tuples(st.sampled_from(CHECKS), st.sampled_from(EVIDENCE), st.sampled_from([None, None, None, "broken-cms"]))


Batches = list[list[dict[str, Any]]]


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[Batches, Batches]:
    """Findings of a run that may explode, with its retries and beside another run's, in order and shuffled.

    Some of what it finds an earlier run has found already.
    """
    plain = [finding(i, "link.dead", "r1", {}, None) for i in range(draw(st.integers(LIMIT - 12, LIMIT + 12)))]
    mixed = [
        finding(1_000 + i, check, draw(st.sampled_from(["r1", "r2"])), evidence, cause)
        for i, (check, evidence, cause) in enumerate(draw(st.lists(one, max_size=25)))
    ]
    known = [{**item, "run_id": "r0"} for item in plain[: draw(st.integers(0, 20))]]
    retries = draw(st.lists(st.sampled_from([*plain, *mixed]), max_size=10))
    messages = [*plain, *mixed, *retries]
    shuffled = draw(st.permutations(messages))
    cuts = sorted(draw(st.sets(st.integers(1, len(messages) - 1), max_size=4)))
    pieces = [shuffled[i:j] for i, j in zip([0, *cuts], [*cuts, len(messages)], strict=True)]
    return [known, messages], [known, *pieces]


def partition(batches: Batches) -> set[tuple[str | None, frozenset[tuple[str, str, int]]]]:
    """The open tickets: their causes, and their problems with how often each was found."""
    world = World("2026-03-02 10:00")
    for batch in batches:
        world.send(*batch)
    world.wait(86_400)
    tickets = {ticket.pk: ticket for ticket in world.tickets.values() if ticket.status == "open"}
    held: dict[int, list[Any]] = {pk: [] for pk in tickets}
    for problem in world.problems:
        held[problem.ticket_pk].append((problem.check, problem.locator, problem.count))
    for pk, ticket in tickets.items():
        assert (ticket.problem_count, ticket.open_problem_count) == (len(held[pk]), len(held[pk]))
        assert ticket.occurrences == sum(count for _, _, count in held[pk])
    return {(tickets[pk].cause, frozenset(problems)) for pk, problems in held.items()}


@settings(deadline=None, max_examples=40)
@given(arrivals())
def test_order_of_arrival_never_changes_problems_counts_or_grouping(arrived: tuple[Batches, Batches]) -> None:
    """Any permutation in any batches gives the same problems, the same counts, the same partition into tickets."""
    in_order, shuffled = arrived
    assert partition(shuffled) == partition(in_order)
