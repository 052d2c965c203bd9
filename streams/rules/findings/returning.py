"""A problem that returns: its ticket reopens, or has it once more among its open ones (rule C-5)."""

from __future__ import annotations

from typing import Final

from streams.rules.evidence.verification import flapping, is_told
from streams.rules.notices.warning import adopt
from streams.rules.state.changes import Changes
from streams.rules.state.event_words import CONTENT_CHANGED
from streams.rules.state.inputs import Observation
from streams.rules.state.records import Problem
from streams.rules.tickets.tickets import reopen
from streams.rules.tickets.verdict_term import TermEnded

BACK_WORDS: Final = {
    "problem_back": "已消除的问题又出现",
    "waiver_ended": "报备到期后仍被检出",
    "content_changed": CONTENT_CHANGED,
}


def relapse(changes: Changes, problem: Problem, back: Problem, observation: Observation) -> None:
    """C-5: the ticket that had the problem reopens, whoever else has its cause now."""
    times = flapping(changes, back, observation.seen_at)
    reopen(
        changes,
        changes.tickets[problem.ticket_pk],
        observation.seen_at,
        "C-5",
        "relapse",
        finding=observation.finding,
        told=is_told(changes, times),
        times=times,
        fingerprint=problem.fingerprint,
        **adopt(changes, problem, problem.ticket_pk),
    )
    put_back(changes, problem.ticket_pk, back)


def put_back(changes: Changes, pk: int, back: Problem, said: TermEnded | None = None) -> None:
    """A problem of a ticket that is open again is open again; `said`: in a ticket that was open all the while."""
    changes.put_problem(back)
    ticket = changes.tickets[pk]
    ticket = changes.put_ticket(
        ticket._replace(
            open_problem_count=ticket.open_problem_count + 1,
        )
    )
    if said is not None:
        changes.event(
            "seen_again",
            said.rule,
            said.reason,
            BACK_WORDS[said.reason],
            ticket,
            dedup_key=back.fingerprint,
            fingerprint=back.fingerprint,
            locator=back.locator,
        )
