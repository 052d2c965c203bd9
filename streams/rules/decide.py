"""The one law: `decide(snapshot, messages, now, policy, topics) -> Result`, synchronous and pure.

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
from streams.rules.commands import commands, handover, unanswered_asks
from streams.rules.escalation import escalation
from streams.rules.evidence import runs, silence
from streams.rules.findings import carrying, dedup
from streams.rules.notices import weekly_mails
from streams.rules.scoring import derived
from streams.rules.state.bounds import SaidBytes
from streams.rules.state.changes import Changes
from streams.rules.state.inputs import (
    AssetChanged,
    Carried,
    Input,
    JudgeRun,
    Observation,
    PublishTicket,
    RecountAsset,
    Registration,
    ReviewAsks,
    ReviewProducer,
    ReviewRequests,
    ReviewTicket,
    ReviewWeek,
    SignedCommand,
    UnitChanged,
)
from streams.rules.state.numbering import LogPlace
from streams.rules.state.snapshot import ChangeSet, Now, Snapshot


class Undecidable(Exception):
    """A message that no rule can digest: a fault of ours. `index` is its place in the batch."""

    def __init__(self, index: int, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.index = index


class Result(NamedTuple):
    """What to save, and how often each outcome occurred (for metrics)."""

    change_set: ChangeSet
    outcomes: Counter[str]


def decide(
    snapshot: Snapshot,
    messages: Sequence[Input],
    now: Now,
    policy: Policy,
    topics: Topics,
    place_of: Callable[[int], LogPlace] | None = None,
) -> Result:
    """Decides a batch. Raises Undecidable, and TooMuch (O-16); the snapshot is left as it was in any case.

    `place_of`: where a message of the batch was read, by its index; tickets are numbered by that (T-7).
    """
    changes = Changes(snapshot, now, policy, topics)
    changes.place_of = place_of
    outcomes: Counter[str] = Counter()
    handover.catch_up(changes)
    said = SaidBytes(divisible=len(messages) > 1)
    for index, message in enumerate(messages):
        changes.index = index
        try:
            outcomes[HANDLERS[type(message)](changes, message)] += 1
        except Exception as error:
            raise Undecidable(index, error) from error
        said.count(changes.change_set.outbox)
    runs.fold(changes)
    return Result(changes.finish(said), outcomes)


def _recheck(changes: Changes, message: Recheck) -> str:
    outcome = rechecks.answered(changes, message)
    held_runs.answered(changes, message)
    return f"recheck_{outcome}"


def _command(changes: Changes, message: Command) -> str:
    return f"command_{commands.command(changes, message)}"


def _registration(changes: Changes, message: Registration) -> str:
    handover.registered(changes, message.asset_id, message.record)
    return "registered"


def _review(changes: Changes, message: ReviewTicket) -> str:
    escalation.review(changes, changes.tickets[message.ticket_pk], early=message.early)
    return "reviewed"


def _refresh(changes: Changes, message: PublishTicket) -> str:
    ticket = changes.tickets[message.ticket_pk]
    if ticket.pk in changes.counted and changes.totals(ticket) == (
        ticket.occurrences,
        ticket.first_seen_at,
        ticket.last_seen_at,
    ):
        return "published_since"
    changes.put_ticket(ticket)
    return "refreshed"


def _settle(changes: Changes, message: JudgeRun) -> str:
    run = changes.runs.get((message.asset_pk, message.source, message.run_id))
    return f"run_{closing.settle(changes, run)}" if run is not None else "run_nothing"


# By the exact type: each kind of message has one.
HANDLERS: Final[Mapping[type, Callable[[Changes, Any], str]]] = {
    Observation: dedup.record,
    Run: lambda changes, message: f"run_{runs.ended(changes, message)}",
    Recheck: _recheck,
    Command: _command,
    SignedCommand: _command,
    Registration: _registration,
    ReviewTicket: _review,
    AssetChanged: lambda _changes, _message: "followed",  # `catch_up` has it follow
    UnitChanged: lambda changes, message: handover.unit_changed(changes, changes.tickets[message.ticket_pk]),
    PublishTicket: _refresh,
    JudgeRun: _settle,
    RecountAsset: lambda changes, message: derived.derive(changes, changes.asset_by_pk[message.asset_pk]),
    ReviewRequests: lambda changes, message: (
        f"request_{unanswered.review(changes, changes.asset_by_pk[message.asset_pk])}"
    ),
    ReviewAsks: lambda changes, message: f"ask_{unanswered_asks.review(changes, changes.tickets[message.ticket_pk])}",
    ReviewProducer: lambda changes, message: f"producer_{silence.review(changes, message.source, message.office)}",
    ReviewWeek: lambda changes, message: f"week_{weekly_mails.review(changes, message.unit_id)}",
    Carried: lambda changes, message: carrying.carried(changes, message.asset_id, message.problem, message.identity),
}
