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
from streams.rules.dedup import Sighting
from streams.rules.docket import Docket, Needs
from streams.rules.fingerprint import named
from streams.rules.grouping import explosion_key, group_key
from streams.rules.matters import Matter, Registration
from streams.rules.recurring import may_recur
from streams.rules.sightings import was_seen


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
        needs.new_tickets += message.outcome == "present"
        if message.request_id is not None:
            needs.held_runs.add(message.asset_id)
    if message.ticket_id is not None:
        needs.ticket_ids.add(message.ticket_id)
    if isinstance(message, Command):
        _command_needs(needs, message)
    elif message.fingerprint is not None:
        keys = named(message.asset_id, message.fingerprint).keys
        needs.problem_keys.update([(message.asset_id, key) for key in keys])
    elif message.check is not None:
        needs.checks.add((message.asset_id, message.check))


def _command_needs(needs: Needs, message: Command) -> None:
    if message.into is not None:
        needs.ticket_ids.add(message.into)
    if message.action == "reopen" and message.ticket_id is not None:
        needs.reopened.add(message.ticket_id)
    needs.new_tickets += message.action == "split"
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
    problems, touched = docket.problems, needs.ticket_pks
    for message in messages:
        if isinstance(message, Sighting):
            finding = message.finding
            run_id = finding.run_id
            identity = message.identity
            if identity.otherwise is not None:
                identity = identity.among(problems, docket.assets[finding.asset_id].pk)
            problem = problems.get(identity.key)
            known = problem is not None and (
                run_id is None or was_seen(problem.seen_by_json, finding.source or "", run_id)
            )
            if problem is not None and not (known and problem.status == "open"):
                touched.add(problem.ticket_pk)
                if problem.gone_at is not None and message.seen_at > problem.gone_at:
                    needs.later_runs.add(finding.asset_id)
            if not known and run_id is not None:
                key = (finding.asset_id, finding.source or "", run_id, finding.check)
                numbers[key] = numbers.get(key, 0) + 1
        elif isinstance(message, Recheck):
            _recheck_needs(needs, docket, message, policy)
    touched.discard(0)
    touched.difference_update(docket.tickets)
    for (asset_id, source, run_id, check), number in numbers.items():
        run = docket.runs.get((docket.assets[asset_id].pk, source, run_id))
        before: int = orjson.loads(run.by_check_json).get(check, 0) if run is not None else 0
        if 0 < before <= limit < before + number:
            needs.run_tickets.add((asset_id, source, run_id, check))
    return needs if touched or needs.run_tickets or needs.later_runs or needs.group_keys or needs.new_tickets else None


def _recheck_needs(needs: Needs, docket: Docket, recheck: Recheck, policy: Policy) -> None:
    if recheck.outcome == "present":
        needs.later_runs.add(recheck.asset_id)
    if recheck.fingerprint is not None:
        identity = named(recheck.asset_id, recheck.fingerprint)
        problem = docket.problems.get(identity.among(docket.problems, docket.assets[recheck.asset_id].pk).key)
        if problem is not None:
            needs.ticket_pks.add(problem.ticket_pk)
    for group in may_recur(docket, recheck, policy):
        needs.new_tickets += 1
        if group is not None:
            needs.group_keys.add(group)
