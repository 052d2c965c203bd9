"""The one law: `decide(docket, messages, now, policy, topics) -> Decision`, synchronous and pure.

The same state, messages and times give the same decision and the same ids. A batch is decided in order; a message
that no rule can digest raises `Undecidable`, which names it, so that the shell can set it aside and decide the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from schemas.command import Command
from schemas.policy import Policy
from schemas.recheck import Recheck
from schemas.run import Run
from schemas.topics import Topics
from streams.rules.closing import closing, held_runs, rechecks, unanswered
from streams.rules.commands import commands, handover
from streams.rules.escalation import escalation
from streams.rules.evidence import runs
from streams.rules.findings import carrying, dedup
from streams.rules.scoring import derived
from streams.rules.state.bounds import SAID_BYTES, TooMuch
from streams.rules.state.changes import Draft
from streams.rules.state.inputs import (
    Carried,
    Derive,
    Matter,
    Refresh,
    Registration,
    Review,
    Settle,
    Sighting,
    Unanswered,
    UnitChanged,
)
from streams.rules.state.numbering import Place
from streams.rules.state.snapshot import Decision, Docket, Now


class Undecidable(Exception):
    """A message that no rule can digest: a fault of ours. `index` is its place in the batch."""

    def __init__(self, index: int, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.index = index


class Decided(NamedTuple):
    """What to save, and how often each outcome occurred (for metrics)."""

    decision: Decision
    outcomes: Counter[str]


def decide(
    docket: Docket,
    messages: Sequence[Matter],
    now: Now,
    policy: Policy,
    topics: Topics,
    place_of: Callable[[int], Place] | None = None,
) -> Decided:
    """Decides a batch. Raises Undecidable, and TooMuch (O-16); the docket is left as it was in any case.

    `place_of`: where a message of the batch was read, by its index; tickets are numbered by that (T-7).
    """
    draft = Draft(docket, now, policy, topics)
    draft.place_of = place_of
    outcomes: Counter[str] = Counter()
    handover.catch_up(draft)
    said, counted = 0, 0
    for index, message in enumerate(messages):
        draft.index = index
        try:
            outcomes[_one(draft, message)] += 1
        except Exception as error:
            raise Undecidable(index, error) from error
        outbox = draft.decision.outbox
        while counted < len(outbox):
            said += len(outbox[counted].value or b"")
            counted += 1
        if said > SAID_BYTES and len(messages) > 1:
            msg = f"more than {SAID_BYTES} bytes of messages to be made at once"
            raise TooMuch(msg)
    runs.fold(draft)
    return Decided(draft.finish(), outcomes)


def _one(draft: Draft, message: Matter) -> str:
    if isinstance(message, Sighting):
        return dedup.record(draft, message)
    if isinstance(message, Run):
        return f"run_{runs.ended(draft, message)}"
    if isinstance(message, Recheck):
        return _recheck(draft, message)
    if isinstance(message, Command):
        return f"command_{commands.command(draft, message)}"
    if isinstance(message, Registration):
        handover.registered(draft, message.asset_id, message.record)
        return "registered"
    if isinstance(message, Settle):
        known = draft.runs.get((message.asset_pk, message.source, message.run_id))
        return f"run_{closing.settle(draft, known)}" if known is not None else "run_nothing"
    if isinstance(message, Derive):
        return derived.derive(draft, draft.asset_by_pk[message.asset_pk])
    if isinstance(message, Unanswered):
        return f"request_{unanswered.review(draft, draft.asset_by_pk[message.asset_pk])}"
    return _of_ticket(draft, message)


def _recheck(draft: Draft, message: Recheck) -> str:
    outcome = rechecks.answered(draft, message)
    held_runs.answered(draft, message)
    return f"recheck_{outcome}"


def _of_ticket(draft: Draft, message: Review | UnitChanged | Refresh | Carried) -> str:
    if isinstance(message, Carried):
        return carrying.carried(draft, message.asset_id, message.problem, message.identity)
    ticket = draft.tickets[message.ticket_pk]
    if isinstance(message, UnitChanged):
        return handover.unit_changed(draft, ticket)
    if isinstance(message, Refresh):
        draft.put_ticket(ticket)
        return "refreshed"
    escalation.review(draft, ticket, early=message.early)
    return "reviewed"
