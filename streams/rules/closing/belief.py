"""Belief 采信: which answers "absent" prove something (rule C-50), beside what a whole producer is believed (C-45).

C-50 `absent` that nobody asked for, from a source that has not reported the problem, is noted and proves nothing. It is
     a proof where somebody asked (a request, a claim), of what citizens wrote (C-2), of the problem's own reporter, and
     of a source that the pack trusts (`trusted`: a contractor's recheck list, say).
"""

from __future__ import annotations

from typing import NamedTuple

from schemas.recheck import Recheck
from streams.rules.closing import producer_brake
from streams.rules.closing.retention import is_personal
from streams.rules.closing.unanswered import base
from streams.rules.state.changes import Changes
from streams.rules.state.records import Problem
from streams.rules.state.sightings import sources


class Belief(NamedTuple):
    """What an answer is worth, problem by problem."""

    source: str
    vouched: frozenset[bytes]  # of these, whoever says it
    braked: bool  # of the others the producer says too much (C-45)

    def of(self, problem: Problem) -> str | None:
        """What it lacks to be a proof, as a stable word; None: nothing."""
        if problem.key in self.vouched:
            return None
        if self.source not in sources(problem.seen_by_json):
            return "nobody_asked"
        return "producer_closes_too_many" if self.braked else None

    def vouches_for(self, problem: Problem) -> bool:
        """Whether it counts, whoever has said it; the memory keeps that."""
        return problem.key in self.vouched


def requested_about(changes: Changes, recheck: Recheck, problems: list[Problem]) -> frozenset[bytes]:
    """The problems of which somebody has asked to look again, as long as that is not answered."""
    request_id = base(recheck.request_id)
    requested = set()
    for problem in problems:
        one, ticket = changes.requests.get(problem.key), changes.tickets.get(problem.ticket_pk)
        is_open = one is not None and (one.request_id == request_id or one.requested_at <= recheck.observed_at)
        if is_open or (ticket is not None and ticket.status == "claimed"):
            requested.add(problem.key)
    return frozenset(requested)


def believed(changes: Changes, recheck: Recheck, problems: list[Problem], requested: frozenset[bytes]) -> Belief:
    """What an answer is worth; what a reporter says unasked counts for its brake (C-45)."""
    source = recheck.source or ""
    trusted = source in changes.policy.trusted
    vouched = frozenset(p.key for p in problems if trusted or p.key in requested or is_personal(p.check))
    own = [
        problem
        for problem in problems
        if problem.status == "open"
        and problem.key not in vouched
        and problem.last_seen_at <= recheck.observed_at
        and source in sources(problem.seen_by_json)
    ]
    if not own:
        return Belief(source, vouched, braked=False)
    staked = producer_brake.units(changes, own)
    producer_brake.count(changes, source, staked, staked if recheck.outcome == "absent" else 0)
    return Belief(source, vouched, producer_brake.suspicious(changes, source) is not None)
