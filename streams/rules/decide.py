"""The one law: `decide(docket, messages, now, policy, topics) -> Decision`, synchronous and pure.

The same state, messages and times give the same decision and the same ids. A batch is decided in order; a message
that no rule can digest raises `Undecidable`, which names it, so that the shell can set it aside and decide the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from schemas.command import Command
from schemas.policy import Policy
from schemas.recheck import Recheck
from schemas.registry import Asset
from schemas.run import Run
from schemas.topics import Topics
from streams.rules import closing, commands, dedup, escalation, handover, rechecks, runs
from streams.rules.dedup import Sighting
from streams.rules.docket import Decision, Docket, Needs, Now
from streams.rules.draft import Draft
from streams.rules.explosion import explosion_key
from streams.rules.fingerprint import named
from streams.rules.grouping import cause_of, group_key


class Registration(NamedTuple):
    """An asset's registry record, or its deletion."""

    asset_id: str
    record: Asset | None


class Review(NamedTuple):
    """A ticket whose moment has come (rule E-1)."""

    ticket_pk: int


class Refresh(NamedTuple):
    """A ticket whose counters have changed and are to be published (rule T-2)."""

    ticket_pk: int


class Settle(NamedTuple):
    """A run whose waiting time has ended (rule R-3)."""

    asset_pk: int
    source: str
    run_id: str


Matter = Sighting | Run | Recheck | Command | Registration | Review | Refresh | Settle


class Undecidable(Exception):
    """A message that no rule can digest: a fault of ours. `index` is its place in the batch."""

    def __init__(self, index: int, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.index = index


class Decided(NamedTuple):
    """What to save, and how often each outcome occurred (for metrics)."""

    decision: Decision
    outcomes: Counter[str]


def decide(docket: Docket, messages: Sequence[Matter], now: Now, policy: Policy, topics: Topics) -> Decided:
    """Decides a batch. Raises Undecidable; the docket is left as it was in any case."""
    draft = Draft(docket, now, policy, topics)
    outcomes: Counter[str] = Counter()
    for index, message in enumerate(messages):
        try:
            outcomes[_one(draft, message)] += 1
        except Exception as error:
            raise Undecidable(index, error) from error
    runs.fold(draft)
    return Decided(draft.finish(), outcomes)


def _one(draft: Draft, message: Matter) -> str:
    if isinstance(message, Sighting):
        return dedup.record(draft, message)
    if isinstance(message, Run):
        return f"run_{runs.ended(draft, message)}"
    if isinstance(message, Recheck):
        return f"recheck_{rechecks.answered(draft, message)}"
    if isinstance(message, Command):
        return f"command_{commands.command(draft, message)}"
    if isinstance(message, Registration):
        handover.registered(draft, message.asset_id, message.record)
        return "registered"
    if isinstance(message, Settle):
        known = draft.runs.get((message.asset_pk, message.source, message.run_id))
        return f"run_{closing.settle(draft, known)}" if known is not None else "run_nothing"
    ticket = draft.tickets[message.ticket_pk]
    if isinstance(message, Refresh):
        draft.announce(ticket)
        return "refreshed"
    escalation.review(draft, ticket)
    return "reviewed"


def needs_of(messages: Sequence[Matter]) -> Needs:
    """What a batch from Kafka touches."""
    needs = Needs()
    exploding: set[tuple[str, str]] = set()
    for message in messages:
        if isinstance(message, Sighting):
            _sighting_needs(needs, exploding, message)
        elif isinstance(message, Registration):
            needs.asset_ids.add(message.asset_id)
            needs.whole_assets.add(message.asset_id)
        elif isinstance(message, Run | Recheck | Command):
            needs.asset_ids.add(message.asset_id)
            _other_needs(needs, message)
    needs.group_keys.update(explosion_key(asset_id, check) for asset_id, check in exploding)
    return needs


def _sighting_needs(needs: Needs, exploding: set[tuple[str, str]], sighting: Sighting) -> None:
    finding = sighting.finding
    needs.asset_ids.add(finding.asset_id)
    needs.problem_keys.add(sighting.identity.key)
    needs.new_tickets += 1
    if finding.run_id is not None:
        needs.runs.add((finding.asset_id, finding.source or "", finding.run_id))
    cause = cause_of(finding)
    if cause is not None:
        needs.group_keys.add(group_key(finding.asset_id, finding.check, cause))
    elif finding.run_id is not None:
        exploding.add((finding.asset_id, finding.check))


def _other_needs(needs: Needs, message: Run | Recheck | Command) -> None:
    if isinstance(message, Run):
        needs.runs.add((message.asset_id, message.source, message.run_id))
        return
    if message.ticket_id is not None:
        needs.ticket_ids.add(message.ticket_id)
    if isinstance(message, Command):
        if message.command_id is not None:
            needs.command_ids.add(message.command_id)
        if message.source is not None and message.run_id is not None:
            needs.runs.add((message.asset_id, message.source, message.run_id))
    elif message.fingerprint is not None:
        needs.problem_keys.add(named(message.asset_id, message.fingerprint).key)
    elif message.check is not None:
        needs.checks.add((message.asset_id, message.check))
