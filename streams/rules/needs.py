"""What a batch touches, in two steps: problems by identity first; what they are tells which tickets are touched.

A repeat of an open problem needs no ticket, unless its sighting is news (T-3): the problem counts it (T-2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from schemas.command import Command
from schemas.policy import Policy
from schemas.recheck import Recheck
from schemas.run import Run
from streams.rules.findings.recurring import left_out, may_recur
from streams.rules.intake.fingerprint import named
from streams.rules.intake.keying import known_before
from streams.rules.state.inputs import Input, Observation, Registration, SignedCommand
from streams.rules.state.recipe import is_under_way
from streams.rules.state.records import Problem
from streams.rules.state.sample import Unanswered, sample_of
from streams.rules.state.sightings import sources, was_seen
from streams.rules.state.snapshot import Needs, Snapshot
from streams.rules.tickets.grouping import explosion_key, group_key

OF_THE_TICKET_ALONE: Final = frozenset(
    ("acknowledge", "claim_fix", "send_back", "reassign", "extend", "ask", "refuse_ask", "note")
)
"""Actions that change nothing about the ticket's problems, of which there may be 100,000."""


def needs_of(messages: Sequence[Input]) -> Needs:
    """What a batch from Kafka touches; due work is loaded by the tickets that it has found."""
    needs = Needs()
    for message in messages:
        NEEDS[type(message)](needs, message)
    return needs


def _sighting(needs: Needs, observation: Observation) -> None:
    finding, identity = observation.finding, observation.identity
    asset_id, run_id = finding.asset_id, finding.run_id
    needs.asset_ids.add(asset_id)
    needs.problem_keys.update([(asset_id, key) for key in identity.keys])
    if identity.former is not None:
        needs.former_keys.add((asset_id, identity.former))
    needs.new_tickets += 1
    if run_id is not None:
        needs.awaiting.add(asset_id)
        needs.runs.add((asset_id, finding.source or "", run_id))
        needs.group_keys.add(explosion_key(asset_id, finding.check))
    if observation.cause is not None:
        needs.group_keys.add(group_key(asset_id, finding.check, observation.cause))


def _run(needs: Needs, run: Run) -> None:
    needs.asset_ids.add(run.asset_id)
    needs.runs.add((run.asset_id, run.source, run.run_id))
    needs.rhythms.add(run.source)


def _recheck(needs: Needs, recheck: Recheck) -> None:
    asset_id = recheck.asset_id
    needs.asset_ids.add(asset_id)
    needs.requests.add(asset_id)
    needs.standings.add(recheck.source or "")
    needs.new_tickets += recheck.outcome == "present"
    if recheck.request_id is not None:
        needs.held_runs.add(asset_id)
    if recheck.ticket_id is not None:
        needs.ticket_ids.add(recheck.ticket_id)
        needs.whole_tickets.add(recheck.ticket_id)
    if recheck.fingerprint is not None:
        identity = named(asset_id, recheck.fingerprint)
        needs.problem_keys.update([(asset_id, key) for key in identity.keys])
        if identity.former is not None:
            needs.former_keys.add((asset_id, identity.former))
    elif recheck.check is not None:
        needs.checks.add((asset_id, recheck.check))


def _command(needs: Needs, command: Command) -> None:
    asset_id = command.asset_id
    needs.asset_ids.add(asset_id)
    tickets = [ticket_id for ticket_id in (command.ticket_id, command.into) if ticket_id is not None]
    needs.ticket_ids.update(tickets)
    if command.action not in OF_THE_TICKET_ALONE:
        needs.whole_tickets.update(tickets)
    if command.action == "reassign":
        needs.reassigned.update(tickets)
    if command.action == "reopen":
        needs.reopened.update(tickets)
    needs.new_tickets += command.action == "split"
    for fingerprint in command.fingerprints or ():
        if (former := named(asset_id, fingerprint).former) is not None:
            needs.former_keys.add((asset_id, former))
    if command.action == "claim_fix":
        needs.requests.add(asset_id)
    if command.notice_id is not None:
        needs.notice_ids.add(command.notice_id)
    if command.command_id is not None:
        needs.command_ids.add(command.command_id)
    if command.source is not None and command.run_id is not None:
        needs.runs.add((asset_id, command.source, command.run_id))


def _registration(needs: Needs, registration: Registration) -> None:
    needs.asset_ids.add(registration.asset_id)
    needs.registered.add(registration.asset_id)
    if registration.record is not None and registration.record.removed_at is not None:
        needs.removed.add(registration.asset_id)


NEEDS: Final[Mapping[type, Callable[[Needs, Any], None]]] = {
    Observation: _sighting,
    Run: _run,
    Recheck: _recheck,
    Command: _command,
    SignedCommand: _command,
    Registration: _registration,
}


def facts_needed(snapshot: Snapshot, messages: Sequence[Input], policy: Policy) -> Needs | None:
    """What was left out of a first snapshot and is decided by (O-16)."""
    needs = Needs()
    for message in messages:
        if isinstance(message, Recheck):
            needs.problem_keys.update([(message.asset_id, key) for key in left_out(snapshot, message, policy)])
    return needs if needs.problem_keys else None


def more_needs(snapshot: Snapshot, messages: Sequence[Input], policy: Policy) -> Needs | None:
    """What the problems of a first snapshot need: tickets, and those that a run which may explode has opened (G-3)."""
    needs = Needs()
    new: Counter[tuple[str, str, str, str]] = Counter()  # findings by asset, source, run and check
    is_carrying = is_under_way(snapshot.registry, policy)
    for message in messages:
        if isinstance(message, Observation):
            problem = snapshot.problems.get(message.identity.key)
            if message.identity.otherwise is not None or (problem is None and is_carrying):
                problem = _otherwise_known(snapshot, message, policy)
                needs.ticket_pks.add(problem.ticket_pk if problem is not None else 0)
            new_in = _more_of(needs, snapshot, message, problem, policy)
            if new_in is not None:
                new[new_in] += 1
        elif isinstance(message, Recheck):
            _more_of_recheck(needs, snapshot, message, policy)
    needs.ticket_pks.discard(0)
    needs.ticket_pks.difference_update(snapshot.tickets)
    needs.run_tickets.update(_about_to_explode(snapshot, new, policy.limits.explosion.findings))
    some = needs.ticket_pks or needs.run_tickets or needs.later_runs or needs.group_keys or needs.new_tickets
    return needs if some or needs.former_keys else None


def _about_to_explode(
    snapshot: Snapshot, new: Mapping[tuple[str, str, str, str], int], limit: int
) -> Iterator[tuple[str, str, str, str]]:
    """Those of which the new findings carry a run beyond the limit that it was below, and not at its begin."""
    for (asset_id, source, run_id, check), number in new.items():
        run = snapshot.runs.get((snapshot.assets[asset_id].pk, source, run_id))
        before: int = orjson.loads(run.by_check_json).get(check, 0) if run is not None else 0
        if 0 < before <= limit < before + number:
            yield asset_id, source, run_id, check


def _otherwise_known(snapshot: Snapshot, observation: Observation, policy: Policy) -> Problem | None:
    """The problem that a fingerprint names (D-2), or that the finding has been known as (D-14)."""
    if observation.identity.otherwise is None:
        return known_before(policy, snapshot.problems, observation)
    asset_pk = snapshot.assets[observation.finding.asset_id].pk
    return snapshot.problems.get(observation.identity.among(snapshot.problems, asset_pk, snapshot.renamed).key)


def _more_of(
    needs: Needs, snapshot: Snapshot, message: Observation, problem: Problem | None, policy: Policy
) -> tuple[str, str, str, str] | None:
    """What a sighting of this problem asks for; the answer: asset, source, run and check of which it is a new one.

    That an open problem is still there is counted with it; its ticket is asked for only where that is news (T-3).
    """
    finding = message.finding
    run_id, source = finding.run_id, finding.source or ""
    known = problem is not None and (run_id is None or was_seen(problem.seen_by_json, source, run_id))
    if problem is None:
        needs.look_since(finding.asset_id, message.seen_at)
    elif problem.status != "open" or source not in sources(problem.seen_by_json):
        needs.ticket_pks.add(problem.ticket_pk)
        needs.look_since(finding.asset_id, message.seen_at)
    elif not known and (problem.ticket_pk in snapshot.awaiting or policy.rule(finding.check).in_rounds):
        needs.ticket_pks.add(problem.ticket_pk)
    return None if known or run_id is None else (finding.asset_id, source, run_id, finding.check)


def _more_of_recheck(needs: Needs, snapshot: Snapshot, recheck: Recheck, policy: Policy) -> None:
    for run in snapshot.runs.values() if recheck.request_id else ():
        for answer in sample_of(run).values():
            former = named(recheck.asset_id, answer.fingerprint).former if isinstance(answer, Unanswered) else None
            if former is not None and former not in snapshot.problems:
                needs.former_keys.add((recheck.asset_id, former))
    if recheck.outcome == "present":
        needs.look_since(recheck.asset_id, recheck.observed_at)
    if recheck.fingerprint is not None:
        identity = named(recheck.asset_id, recheck.fingerprint)
        asset_pk = snapshot.assets[recheck.asset_id].pk
        problem = snapshot.problems.get(identity.among(snapshot.problems, asset_pk, snapshot.renamed).key)
        if problem is not None:
            needs.ticket_pks.add(problem.ticket_pk)
    for group in may_recur(snapshot, recheck, policy):
        needs.new_tickets += 1
        if group is not None:
            needs.group_keys.add(group)
