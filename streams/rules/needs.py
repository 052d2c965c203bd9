"""What a batch touches, in two steps: problems by identity first; what they are tells which tickets are touched.

A repeat of an open problem within one run needs no ticket: the problem counts it (T-2).
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from schemas.command import Command
from schemas.policy import Policy
from schemas.recheck import Recheck
from schemas.run import Run
from streams.rules.findings.recurring import may_recur
from streams.rules.intake.fingerprint import named
from streams.rules.intake.keying import known_before
from streams.rules.state.inputs import Matter, Registration, Sighting
from streams.rules.state.recipe import is_under_way
from streams.rules.state.records import Problem
from streams.rules.state.sightings import sources, was_seen
from streams.rules.state.snapshot import Docket, Needs
from streams.rules.tickets.grouping import explosion_key, group_key


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
    needs.problem_keys.update([(finding.asset_id, key) for key in sighting.identity.keys])
    if sighting.identity.former is not None:
        needs.former_keys.add((finding.asset_id, sighting.identity.former))
    needs.new_tickets += 1
    if finding.run_id is not None:
        needs.runs.add((finding.asset_id, finding.source or "", finding.run_id))
        exploding.add((finding.asset_id, finding.check))
    if sighting.cause is not None:
        needs.group_keys.add(group_key(finding.asset_id, finding.check, sighting.cause))


def _other_needs(needs: Needs, message: Run | Recheck | Command) -> None:
    if isinstance(message, Run):
        needs.runs.add((message.asset_id, message.source, message.run_id))
        return
    if isinstance(message, Recheck):
        needs.asks.add(message.asset_id)
        needs.standings.add(message.source or "")
        needs.new_tickets += message.outcome == "present"
        if message.request_id is not None:
            needs.held_runs.add(message.asset_id)
    if message.ticket_id is not None:
        needs.ticket_ids.add(message.ticket_id)
    if isinstance(message, Command):
        _command_needs(needs, message)
    elif message.fingerprint is not None:
        _named_needs(needs, message.asset_id, message.fingerprint)
    elif message.check is not None:
        needs.checks.add((message.asset_id, message.check))


def _named_needs(needs: Needs, asset_id: str, fingerprint: str) -> None:
    identity = named(asset_id, fingerprint)
    needs.problem_keys.update([(asset_id, key) for key in identity.keys])
    if identity.former is not None:
        needs.former_keys.add((asset_id, identity.former))


def _command_needs(needs: Needs, message: Command) -> None:
    if message.into is not None:
        needs.ticket_ids.add(message.into)
    if message.action == "reopen" and message.ticket_id is not None:
        needs.reopened.add(message.ticket_id)
    needs.new_tickets += message.action == "split"
    for fingerprint in message.fingerprints or ():
        if (former := named(message.asset_id, fingerprint).former) is not None:
            needs.former_keys.add((message.asset_id, former))
    if message.action == "claim_fix":
        needs.asks.add(message.asset_id)
    if message.notice_id is not None:
        needs.notice_ids.add(message.notice_id)
    if message.command_id is not None:
        needs.command_ids.add(message.command_id)
    if message.source is not None and message.run_id is not None:
        needs.runs.add((message.asset_id, message.source, message.run_id))


def more_needs(docket: Docket, messages: Sequence[Matter], policy: Policy) -> Needs | None:
    """What the problems of a first docket ask for: tickets, and those that a run which may explode has opened (G-3)."""
    limit = policy.limits.explosion.findings
    needs = Needs()
    numbers: dict[tuple[str, str, str, str], int] = {}
    touched = needs.ticket_pks
    is_carrying = is_under_way(docket.registry, policy)
    for message in messages:
        if isinstance(message, Sighting):
            problem = docket.problems.get(message.identity.key)
            if message.identity.otherwise is not None or (problem is None and is_carrying):
                problem = _otherwise_known(docket, message, policy)
                touched.add(problem.ticket_pk if problem is not None else 0)
            new_in = _more_of(needs, message, problem)
            if new_in is not None:
                numbers[new_in] = numbers.get(new_in, 0) + 1
        elif isinstance(message, Recheck):
            _recheck_needs(needs, docket, message, policy)
    touched.discard(0)
    touched.difference_update(docket.tickets)
    for (asset_id, source, run_id, check), number in numbers.items():
        run = docket.runs.get((docket.assets[asset_id].pk, source, run_id))
        before: int = orjson.loads(run.by_check_json).get(check, 0) if run is not None else 0
        if 0 < before <= limit < before + number:
            needs.run_tickets.add((asset_id, source, run_id, check))
    some = touched or needs.run_tickets or needs.later_runs or needs.group_keys or needs.new_tickets
    return needs if some or needs.former_keys else None


def _otherwise_known(docket: Docket, sighting: Sighting, policy: Policy) -> Problem | None:
    """The problem that a fingerprint names (D-2), or that the finding has been known as (D-14)."""
    if sighting.identity.otherwise is None:
        return known_before(policy, docket.problems, sighting)
    asset_pk = docket.assets[sighting.finding.asset_id].pk
    return docket.problems.get(sighting.identity.among(docket.problems, asset_pk, docket.renamed).key)


def _more_of(needs: Needs, message: Sighting, problem: Problem | None) -> tuple[str, str, str, str] | None:
    """What a sighting of this problem asks for; the answer: asset, source, run and check of which it is a new one."""
    finding = message.finding
    run_id, source = finding.run_id, finding.source or ""
    known = problem is not None and (run_id is None or was_seen(problem.seen_by_json, source, run_id))
    if problem is None:
        needs.look_since(finding.asset_id, message.seen_at)
    elif not known or problem.status != "open" or source not in sources(problem.seen_by_json):
        needs.ticket_pks.add(problem.ticket_pk)
        if problem.status != "open" or source not in sources(problem.seen_by_json):
            needs.look_since(finding.asset_id, message.seen_at)
    return None if known or run_id is None else (finding.asset_id, source, run_id, finding.check)


def _recheck_needs(needs: Needs, docket: Docket, recheck: Recheck, policy: Policy) -> None:
    for run in docket.runs.values() if recheck.request_id else ():
        for name in orjson.loads(run.sample_json or "{}").values():
            former = named(recheck.asset_id, name).former if name else None
            if former is not None and former not in docket.problems:
                needs.former_keys.add((recheck.asset_id, former))
    if recheck.outcome == "present":
        needs.look_since(recheck.asset_id, recheck.observed_at)
    if recheck.fingerprint is not None:
        identity = named(recheck.asset_id, recheck.fingerprint)
        asset_pk = docket.assets[recheck.asset_id].pk
        problem = docket.problems.get(identity.among(docket.problems, asset_pk, docket.renamed).key)
        if problem is not None:
            needs.ticket_pks.add(problem.ticket_pk)
    for group in may_recur(docket, recheck, policy):
        needs.new_tickets += 1
        if group is not None:
            needs.group_keys.add(group)
