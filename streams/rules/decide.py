"""The one law: `decide(docket, messages, now, policy, topics) -> Decision`, synchronous and pure.

The same state, messages and times give the same decision and the same ids. A batch is decided in order; a message
that no rule can digest raises `Undecidable`, which names it, so that the shell can set it aside and decide the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

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
from streams.rules.state.bounds import Said
from streams.rules.state.changes import Draft
from streams.rules.state.inputs import (
    AssetChanged,
    Carried,
    Derive,
    Matter,
    Refresh,
    Registration,
    Review,
    Settle,
    Sighting,
    SignedCommand,
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
    said = Said(divisible=len(messages) > 1)
    for index, message in enumerate(messages):
        draft.index = index
        try:
            outcomes[HANDLERS[type(message)](draft, message)] += 1
        except Exception as error:
            raise Undecidable(index, error) from error
        said.count(draft.decision.outbox)
    runs.fold(draft)
    return Decided(draft.finish(said), outcomes)


def _recheck(draft: Draft, message: Recheck) -> str:
    outcome = rechecks.answered(draft, message)
    held_runs.answered(draft, message)
    return f"recheck_{outcome}"


def _command(draft: Draft, message: Command) -> str:
    return f"command_{commands.command(draft, message)}"


def _registration(draft: Draft, message: Registration) -> str:
    handover.registered(draft, message.asset_id, message.record)
    return "registered"


def _review(draft: Draft, message: Review) -> str:
    escalation.review(draft, draft.tickets[message.ticket_pk], early=message.early)
    return "reviewed"


def _refresh(draft: Draft, message: Refresh) -> str:
    draft.put_ticket(draft.tickets[message.ticket_pk])
    return "refreshed"


def _settle(draft: Draft, message: Settle) -> str:
    run = draft.runs.get((message.asset_pk, message.source, message.run_id))
    return f"run_{closing.settle(draft, run)}" if run is not None else "run_nothing"


# By the exact type: each kind of message has one.
HANDLERS: Final[Mapping[type, Callable[[Draft, Any], str]]] = {
    Sighting: dedup.record,
    Run: lambda draft, message: f"run_{runs.ended(draft, message)}",
    Recheck: _recheck,
    Command: _command,
    SignedCommand: _command,
    Registration: _registration,
    Review: _review,
    AssetChanged: lambda draft, message: handover.asset_changed(draft, draft.followers[message.ticket_pk]),
    UnitChanged: lambda draft, message: handover.unit_changed(draft, draft.tickets[message.ticket_pk]),
    Refresh: _refresh,
    Settle: _settle,
    Derive: lambda draft, message: derived.derive(draft, draft.asset_by_pk[message.asset_pk]),
    Unanswered: lambda draft, message: f"request_{unanswered.review(draft, draft.asset_by_pk[message.asset_pk])}",
    Carried: lambda draft, message: carrying.carried(draft, message.asset_id, message.problem, message.identity),
}
