"""Dedup 查重: what a finding means for the problem that it shows (rules D-5, D-8, D-9, C-5, C-6, C-42).

D-5  A repeat counts: first and last sighting are the extremes of `observed_at`, whatever order findings arrive in.
D-8  A human verdict (dismissed, waived) outlives repeats: they count, and nothing else happens (what ends it:
     tickets/verdict_term.py).
D-9  Seen before a proof of absence that is known (C-41): the record only, and the proof. Late, of the very run that
     closed it, and nobody has looked later: taken back (T-6); judged meanwhile, the verdict covers it.
C-5  Seen after the proof, within the window: relapse 反弹, reopened; in a ticket still open, the problem is open again.
C-6  Seen after the window: a new ticket that names the old one (recurrence 再次发生).
C-42 What is only recorded about a ticket that is closed is published with it, like any counter (T-2).
What may be a bad moment waits for confirmation (suspicion.py); what is before the line is a warning (warning.py).
"""

from __future__ import annotations

from streams.rules.evidence.later_absence import Absence, absences, earliest, last_certain, overtaken
from streams.rules.evidence.probes import got_through
from streams.rules.evidence.proving import gone
from streams.rules.evidence.runs import counted
from streams.rules.evidence.verification import came_back
from streams.rules.findings.carrying import carry
from streams.rules.findings.returning import BACK_WORDS, put_back, relapse
from streams.rules.findings.suspicion import sighted
from streams.rules.intake.intake import with_receipt
from streams.rules.intake.keying import known_before
from streams.rules.notices.warning import forget, warn
from streams.rules.state.changes import Changes
from streams.rules.state.ending import is_silence_of, lasting, write
from streams.rules.state.inputs import Observation
from streams.rules.state.outcomes import FindingOutcome
from streams.rules.state.records import AssetRecord, Former, Problem
from streams.rules.state.sightings import DERIVER, sources, was_seen, with_run
from streams.rules.tickets.explosion import explodes, gather
from streams.rules.tickets.grouping import explosion_key, group_key
from streams.rules.tickets.repeats import seen_again
from streams.rules.tickets.tickets import OPEN, join_ticket, open_ticket, reopen, take_back
from streams.rules.tickets.verdict_term import TermEnded, ended, verdict_json


def record(changes: Changes, observation: Observation) -> FindingOutcome:
    """Takes one finding in; the answer names the outcome (also a metric's label)."""
    finding = observation.finding
    asset = changes.assets[finding.asset_id]
    if observation.identity.otherwise is not None:
        observation = observation._replace(
            identity=observation.identity.among(changes.problems, asset.pk, changes.renamed)
        )
    if finding.source != DERIVER:  # what is counted here is nobody's look
        changes.looked(asset.pk, observation.seen_at)
    problem = changes.problems.get(observation.identity.key)
    if (
        problem is None
        and changes.is_carrying
        and (before := known_before(changes.policy, changes.problems, observation))
    ):
        problem = carry(changes, asset, before, observation.identity)
    new_run = finding.run_id is not None and not (
        problem is not None and was_seen(problem.seen_by_json, finding.source or "", finding.run_id)
    )
    if finding.run_id is not None:
        probing = changes.policy.probed.get(finding.check)
        distinct = new_run and (probing is None or not got_through(probing, finding.evidence))
        found = counted(changes, asset, finding, observation.seen_at, distinct=distinct, new=problem is None)
        if distinct and found == changes.policy.limits.explosion.findings + 1:
            gather(changes, asset, finding)
    if problem is None:
        return _first(changes, asset, observation, _new_problem(changes, asset, observation))
    seen = _seen(changes, problem, observation)
    if problem.status == "open":
        return _repeated(changes, observation, problem, seen, new_run=new_run)
    if problem.status in ("suspected", "warned"):
        return _first(changes, asset, observation, seen)
    if problem.status == "gone":
        return _after_gone(changes, asset, observation, problem, seen)
    return _after_verdict(changes, observation, problem, seen)


def _repeated(
    changes: Changes, observation: Observation, problem: Problem, seen: Problem, *, new_run: bool
) -> FindingOutcome:
    """D-5; who reports it for the first time may have looked later already, and seen nothing (C-41)."""
    finding = observation.finding
    changes.put_problem(seen)
    changes.recount(problem.ticket_pk)
    if new_run and (ticket := changes.tickets.get(problem.ticket_pk)) is not None:
        seen_again(changes, ticket, finding)
    if (finding.source or "") not in sources(problem.seen_by_json):
        _ended_already(changes, earliest(changes, seen, seen.last_seen_at), seen)
    return "repeated"


def _ended_already(changes: Changes, absence: Absence | None, problem: Problem) -> None:
    """C-41."""
    if absence is not None:
        gone(changes, problem, absence.at, absence.proof, rule="C-41", reason=absence.proof.reason)


def _new_problem(changes: Changes, asset: AssetRecord, observation: Observation) -> Problem:
    finding = observation.finding
    return Problem(
        pk=0,
        key=observation.identity.key,
        fingerprint=observation.identity.fingerprint,
        asset_pk=asset.pk,
        check=finding.check,
        locator=observation.finding.locator,
        ticket_pk=0,
        ordinal=0,
        status="suspected",
        first_seen_at=observation.seen_at,
        last_seen_at=observation.seen_at,
        count=1,
        seen_by_json=with_run("{}", finding.source or "", finding.run_id or "", changes.hour),
        facts_json=observation.facts_json,
        suspicion_json=None,
        gone_at=None,
        gone_by_json=None,
        current=True,
    )


def _seen(changes: Changes, problem: Problem, observation: Observation) -> Problem:
    """The problem with one more sighting counted (D-5)."""
    finding = observation.finding
    at, first = observation.seen_at, problem.first_seen_at
    newest = at >= problem.last_seen_at
    return problem.seen(
        min(first, at),
        at if newest else problem.last_seen_at,
        problem.count + 1,
        with_run(problem.seen_by_json, finding.source or "", finding.run_id or "", changes.hour),
        with_receipt(observation.facts_json, problem.whole_facts) if newest else problem.facts_json,
    )


def _first(changes: Changes, asset: AssetRecord, observation: Observation, problem: Problem) -> FindingOutcome:
    """A problem without a ticket: warned of, suspected, or a ticket's now; known to be gone, it closes at once."""
    finding = observation.finding
    known = absences(changes, problem, observation.seen_at)
    rule = changes.policy.rule(finding.check)
    waits = finding.level == "warning" or rule.is_transient(finding.evidence)
    if waits and known:
        problem = forget(changes, problem, known[-1].at)
        status = "warned" if finding.level == "warning" and not problem.suspicion_json else problem.status
        changes.put_problem(problem._replace(status=status))
        return "recorded"
    if finding.level == "warning":
        return warn(changes, asset, finding, observation.seen_at, problem._replace(gone_at=None))
    if waits:
        waiting = sighted(changes.policy, problem, finding)
        if waiting is not None:
            changes.put_problem(problem._replace(status="suspected", suspicion_json=waiting, gone_at=None))
            return "suspected"
    told = len(changes.change_set.notices)
    outcome = _opened(changes, asset, observation, problem._replace(gone_at=None))
    if known:
        del changes.change_set.notices[told:]  # nobody need hear of what is gone
        _ended_already(changes, known[0], changes.problems[problem.key])
    return outcome


def _opened(changes: Changes, asset: AssetRecord, observation: Observation, problem: Problem) -> FindingOutcome:
    finding, cause = observation.finding, observation.cause
    group = None if cause is None else group_key(asset.asset_id, finding.check, cause)
    if cause is None and changes.policy.rule(finding.check).grouped and explodes(changes, asset, finding):
        cause, group = f"run:{finding.run_id}", explosion_key(asset.asset_id, finding.check)
    open_pk = None if group is None else changes.groups.get(group)
    if open_pk is not None:
        join_ticket(changes, problem, open_pk, "same_cause")
        return "joined"
    open_ticket(changes, asset, problem, finding, cause, group)
    return "opened"


def _after_gone(
    changes: Changes, asset: AssetRecord, observation: Observation, problem: Problem, seen: Problem
) -> FindingOutcome:
    finding = observation.finding
    ticket = changes.tickets[problem.ticket_pk]
    memory = came_back(changes, problem, observation.seen_at)
    back = seen._replace(status="open", gone_at=None, gone_by_json=memory, suspicion_json=None)
    if finding.run_id and is_silence_of(problem.gone_by_json, finding.source, finding.run_id):
        return _late(changes, observation, problem, back)
    if problem.gone_at is None or observation.seen_at <= problem.gone_at:
        return _before_the_proof(changes, observation, problem, seen)
    if overtaken(changes, problem, seen, observation.seen_at, holds=True):
        return "recorded"
    if finding.level == "warning":
        return warn(changes, asset, finding, observation.seen_at, seen)
    rule = changes.policy.rule(finding.check)
    if rule.is_transient(finding.evidence):
        waiting = sighted(changes.policy, problem, finding)
        if waiting is not None:
            changes.put_problem(seen._replace(suspicion_json=waiting))
            changes.recount(problem.ticket_pk)
            return "suspected"
    if ticket.status in OPEN:
        put_back(changes, ticket.pk, back, TermEnded("C-5", "problem_back"))
        return "returned"
    if ticket.evidence_at is None or observation.seen_at - ticket.evidence_at <= changes.relapse_window:
        relapse(changes, problem, back, observation)
        return "reopened"
    changes.retire(problem)
    changes.recurrences[problem.key] = Former(ticket.ticket_id, sources(problem.seen_by_json))
    again = _new_problem(changes, asset, observation)._replace(suspicion_json=problem.suspicion_json)
    return _first(changes, asset, observation, again)


def _before_the_proof(changes: Changes, observation: Observation, problem: Problem, seen: Problem) -> FindingOutcome:
    """It counts, and the ticket is published with it; nothing else happens (D-9, C-42), unless C-41 says so."""
    finding = observation.finding
    is_new = (finding.source or "") not in sources(problem.seen_by_json)
    since = max(observation.seen_at, last_certain(problem))
    if not (is_new and overtaken(changes, problem, seen, since, holds=True)):
        changes.put_problem(seen)
        changes.recount(seen.ticket_pk)
    return "recorded"


def _late(changes: Changes, observation: Observation, problem: Problem, back: Problem) -> FindingOutcome:
    """D-9: a finding of the very run whose silence had proved it gone; others may have looked later (C-41)."""
    finding = observation.finding
    ticket = changes.tickets[problem.ticket_pk]
    if ticket.status == "dismissed":  # it was there at the verdict, too
        status = "waived" if ticket.waived_until is not None else "dismissed"
        kept = verdict_json(back, ticket.closed_at or changes.at, ticket.waived_until)
        changes.put_problem(back._replace(status=status, gone_by_json=kept))
        return "quiet"
    gone_still = back._replace(status="gone", gone_at=problem.gone_at, gone_by_json=problem.gone_by_json)
    since = max(observation.seen_at, last_certain(problem))
    if overtaken(changes, problem, gone_still, since, holds=False):
        return "recorded"
    if ticket.status == "closed":
        ticket = take_back(changes, ticket, finding.source, finding.run_id)
    put_back(changes, ticket.pk, back._replace(gone_by_json=write(lasting(problem.gone_by_json))))
    return "reopened"


def _after_verdict(changes: Changes, observation: Observation, problem: Problem, seen: Problem) -> FindingOutcome:
    """D-8; a verdict that has ended lets the problem open its ticket again (E-6, D-20)."""
    finding = observation.finding
    ticket = changes.tickets[problem.ticket_pk]
    over = ended(problem, ticket, finding, observation.seen_at)
    if over is None:
        changes.put_problem(seen)
        return "quiet"
    was_open = ticket.status in OPEN
    if not was_open:
        reopen(
            changes, ticket, observation.seen_at, over.rule, over.reason,
            finding=finding, words=BACK_WORDS[over.reason], fingerprint=problem.fingerprint,
        )  # fmt: skip
    back = seen._replace(status="open", gone_by_json=None)
    put_back(changes, ticket.pk, back, over if was_open else None)
    return "returned" if was_open else "reopened"
