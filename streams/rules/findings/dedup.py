"""Dedup 查重: what a finding means for the problem that it shows (rules D-5, D-8, D-9, C-5, C-6, C-42).

D-5  A repeat counts: first and last sighting are the extremes of `observed_at`, whatever order findings arrive in.
D-8  A human verdict (dismissed, waived) outlives repeats: they count, and nothing else happens (standing.py: what
     ends it).
D-9  Seen before a proof of absence that is known (C-41): the record only, and the proof. Late, of the very run that
     closed it, and nobody has looked later: taken back (T-6); judged meanwhile, the verdict covers it.
C-5  Seen after the proof, within the window: relapse 反弹, reopened; in a ticket still open, the problem is open again.
C-6  Seen after the window: a new ticket that names the old one (recurrence 再次发生).
C-42 What is only recorded about a ticket that is closed is published with it, like any counter (T-2).
What may be a bad moment waits for confirmation (suspicion.py); what is before the line is a warning (warning.py).
"""

from __future__ import annotations

from typing import Final

from streams.rules.evidence.later_absence import Absence, absences, earliest, last_certain, overtaken
from streams.rules.evidence.probes import got_through
from streams.rules.evidence.proving import gone
from streams.rules.evidence.runs import counted
from streams.rules.evidence.verification import came_back, flapping, is_told
from streams.rules.findings.carrying import carry
from streams.rules.findings.suspicion import sighted
from streams.rules.intake.intake import with_receipt
from streams.rules.intake.keying import known_before
from streams.rules.notices.warning import adopt, forget, warn
from streams.rules.state.changes import Draft
from streams.rules.state.ending import is_silence_of, lasting, write
from streams.rules.state.event_words import CONTENT_CHANGED
from streams.rules.state.inputs import Sighting
from streams.rules.state.outcomes import FindingOutcome
from streams.rules.state.records import AssetRecord, Former, Problem
from streams.rules.state.sightings import sources, was_seen, with_run
from streams.rules.tickets.explosion import explodes, gather
from streams.rules.tickets.grouping import explosion_key, group_key
from streams.rules.tickets.tickets import OPEN, join_ticket, open_ticket, reopen, seen_again, take_back
from streams.rules.tickets.verdict_term import Ended, ended, verdict_json

_BACK_WORDS: Final = {
    "problem_back": "已消除的问题又出现",
    "waiver_ended": "报备到期后仍被检出",
    "content_changed": CONTENT_CHANGED,
}


def record(draft: Draft, sighting: Sighting) -> FindingOutcome:
    """Takes one finding in; the answer names the outcome (also a metric's label)."""
    finding = sighting.finding
    asset = draft.assets[finding.asset_id]
    if sighting.identity.otherwise is not None:
        sighting = sighting._replace(identity=sighting.identity.among(draft.problems, asset.pk, draft.renamed))
    problem = draft.problems.get(sighting.identity.key)
    if problem is None and draft.is_carrying and (before := known_before(draft.policy, draft.problems, sighting)):
        problem = carry(draft, asset, before, sighting.identity)
    new_run = finding.run_id is not None and not (
        problem is not None and was_seen(problem.seen_by_json, finding.source or "", finding.run_id)
    )
    if finding.run_id is not None:
        probing = draft.policy.probed.get(finding.check)
        distinct = new_run and (probing is None or not got_through(probing, finding.evidence))
        found = counted(draft, asset, finding, sighting.seen_at, distinct=distinct)
        if distinct and found == draft.policy.limits.explosion.findings + 1:
            gather(draft, asset, finding)
    if problem is None:
        return _first(draft, asset, sighting, _new_problem(draft, asset, sighting))
    seen = _seen(draft, problem, sighting)
    if problem.status == "open":
        return _repeated(draft, sighting, problem, seen, new_run=new_run)
    if problem.status in ("suspected", "warned"):
        return _first(draft, asset, sighting, seen)
    if problem.status == "gone":
        return _after_gone(draft, asset, sighting, problem, seen)
    return _after_verdict(draft, sighting, problem, seen)


def _repeated(draft: Draft, sighting: Sighting, problem: Problem, seen: Problem, *, new_run: bool) -> FindingOutcome:
    """D-5; who reports it for the first time may have looked later already, and seen nothing (C-41)."""
    finding = sighting.finding
    draft.put_problem(seen)
    draft.recount(problem.ticket_pk)
    if new_run:
        seen_again(draft, draft.tickets[problem.ticket_pk], finding)
    if (finding.source or "") not in sources(problem.seen_by_json):
        _ended_already(draft, earliest(draft, seen, seen.last_seen_at), seen)
    return "repeated"


def _ended_already(draft: Draft, absence: Absence | None, problem: Problem) -> None:
    """C-41."""
    if absence is not None:
        gone(draft, problem, absence.at, absence.proof, rule="C-41", reason=absence.proof.reason)


def _new_problem(draft: Draft, asset: AssetRecord, sighting: Sighting) -> Problem:
    finding = sighting.finding
    return Problem(
        pk=0,
        key=sighting.identity.key,
        fingerprint=sighting.identity.fingerprint,
        asset_pk=asset.pk,
        check=finding.check,
        locator=sighting.finding.locator,
        ticket_pk=0,
        ordinal=0,
        status="suspected",
        first_seen_at=sighting.seen_at,
        last_seen_at=sighting.seen_at,
        count=1,
        seen_by_json=with_run("{}", finding.source or "", finding.run_id or "", draft.hour),
        facts_json=sighting.facts_json,
        suspicion_json=None,
        gone_at=None,
        gone_by_json=None,
        current=True,
    )


def _seen(draft: Draft, problem: Problem, sighting: Sighting) -> Problem:
    """The problem with one more sighting counted (D-5)."""
    finding = sighting.finding
    at, first, facts = sighting.seen_at, problem.first_seen_at, problem.facts_json
    newest = at >= problem.last_seen_at
    return problem.seen(
        min(first, at),
        at if newest else problem.last_seen_at,
        problem.count + 1,
        with_run(problem.seen_by_json, finding.source or "", finding.run_id or "", draft.hour),
        with_receipt(sighting.facts_json, facts) if newest else facts,
    )


def _first(draft: Draft, asset: AssetRecord, sighting: Sighting, problem: Problem) -> FindingOutcome:
    """A problem without a ticket: warned of, suspected, or a ticket's now; known to be gone, it closes at once."""
    finding = sighting.finding
    known = absences(draft, problem, sighting.seen_at)
    rule = draft.policy.rule(finding.check)
    waits = finding.level == "warning" or rule.is_transient(finding.evidence)
    if waits and known:
        problem = forget(draft, problem, known[-1].at)
        status = "warned" if finding.level == "warning" and not problem.suspicion_json else problem.status
        draft.put_problem(problem._replace(status=status))
        return "recorded"
    if finding.level == "warning":
        return warn(draft, asset, finding, sighting.seen_at, problem._replace(gone_at=None))
    if waits:
        waiting = sighted(draft.policy, problem, finding)
        if waiting is not None:
            draft.put_problem(problem._replace(status="suspected", suspicion_json=waiting, gone_at=None))
            return "suspected"
    told = len(draft.decision.notices)
    outcome = _opened(draft, asset, sighting, problem._replace(gone_at=None))
    if known:
        del draft.decision.notices[told:]  # nobody need hear of what is gone
        _ended_already(draft, known[0], draft.problems[problem.key])
    return outcome


def _opened(draft: Draft, asset: AssetRecord, sighting: Sighting, problem: Problem) -> FindingOutcome:
    finding, cause = sighting.finding, sighting.cause
    group = None if cause is None else group_key(asset.asset_id, finding.check, cause)
    if cause is None and draft.policy.rule(finding.check).grouped and explodes(draft, asset, finding):
        cause, group = f"run:{finding.run_id}", explosion_key(asset.asset_id, finding.check)
    open_pk = None if group is None else draft.groups.get(group)
    if open_pk is not None:
        join_ticket(draft, problem, open_pk, "same_cause")
        return "joined"
    open_ticket(draft, asset, problem, finding, cause, group)
    return "opened"


def _after_gone(
    draft: Draft, asset: AssetRecord, sighting: Sighting, problem: Problem, seen: Problem
) -> FindingOutcome:
    finding = sighting.finding
    ticket = draft.tickets[problem.ticket_pk]
    memory = came_back(draft, problem, sighting.seen_at)
    back = seen._replace(status="open", gone_at=None, gone_by_json=memory, suspicion_json=None)
    if finding.run_id and is_silence_of(problem.gone_by_json, finding.source, finding.run_id):
        return _late(draft, sighting, problem, back)
    if problem.gone_at is None or sighting.seen_at <= problem.gone_at:
        return _before_the_proof(draft, sighting, problem, seen)
    if overtaken(draft, problem, seen, sighting.seen_at, holds=True):
        return "recorded"
    if finding.level == "warning":
        return warn(draft, asset, finding, sighting.seen_at, seen)
    rule = draft.policy.rule(finding.check)
    if rule.is_transient(finding.evidence):
        waiting = sighted(draft.policy, problem, finding)
        if waiting is not None:
            draft.put_problem(seen._replace(suspicion_json=waiting))
            draft.recount(problem.ticket_pk)
            return "suspected"
    if ticket.status in OPEN:
        _put_back(draft, ticket.pk, back, Ended("C-5", "problem_back"))
        return "returned"
    if ticket.evidence_at is None or sighting.seen_at - ticket.evidence_at <= draft.relapse_window:
        _relapse(draft, problem, back, sighting)
        return "reopened"
    draft.retire(problem)
    draft.recurrences[problem.key] = Former(ticket.ticket_id, sources(problem.seen_by_json))
    again = _new_problem(draft, asset, sighting)._replace(suspicion_json=problem.suspicion_json)
    return _first(draft, asset, sighting, again)


def _before_the_proof(draft: Draft, sighting: Sighting, problem: Problem, seen: Problem) -> FindingOutcome:
    """It counts, and the ticket is published with it; nothing else happens (D-9, C-42), unless C-41 says so."""
    finding = sighting.finding
    is_new = (finding.source or "") not in sources(problem.seen_by_json)
    since = max(sighting.seen_at, last_certain(problem))
    if not (is_new and overtaken(draft, problem, seen, since, holds=True)):
        draft.put_problem(seen)
        draft.recount(seen.ticket_pk)
    return "recorded"


def _late(draft: Draft, sighting: Sighting, problem: Problem, back: Problem) -> FindingOutcome:
    """D-9: a finding of the very run whose silence had proved it gone; others may have looked later (C-41)."""
    finding = sighting.finding
    ticket = draft.tickets[problem.ticket_pk]
    if ticket.status == "dismissed":  # it was there at the verdict, too
        status = "waived" if ticket.waived_until is not None else "dismissed"
        kept = verdict_json(back, ticket.closed_at or draft.at, ticket.waived_until)
        draft.put_problem(back._replace(status=status, gone_by_json=kept))
        return "quiet"
    gone_still = back._replace(status="gone", gone_at=problem.gone_at, gone_by_json=problem.gone_by_json)
    since = max(sighting.seen_at, last_certain(problem))
    if overtaken(draft, problem, gone_still, since, holds=False):
        return "recorded"
    if ticket.status == "closed":
        ticket = take_back(draft, ticket, finding.source, finding.run_id)
    _put_back(draft, ticket.pk, back._replace(gone_by_json=write(lasting(problem.gone_by_json))))
    return "reopened"


def _relapse(draft: Draft, problem: Problem, back: Problem, sighting: Sighting) -> None:
    """C-5: the ticket that had the problem reopens, whoever else has its cause now."""
    times = flapping(draft, back, sighting.seen_at)
    reopen(
        draft,
        draft.tickets[problem.ticket_pk],
        sighting.seen_at,
        "C-5",
        "relapse",
        finding=sighting.finding,
        told=is_told(draft, times),
        times=times,
        fingerprint=problem.fingerprint,
        **adopt(draft, problem, problem.ticket_pk),
    )
    _put_back(draft, problem.ticket_pk, back)


def _put_back(draft: Draft, pk: int, back: Problem, said: Ended | None = None) -> None:
    """A problem of a ticket that is open again is open again; `said`: in a ticket that was open all the while."""
    draft.put_problem(back)
    ticket = draft.tickets[pk]
    ticket = draft.put_ticket(
        ticket._replace(
            open_problem_count=ticket.open_problem_count + 1,
        )
    )
    if said is not None:
        draft.event(
            "seen_again",
            said.rule,
            said.reason,
            _BACK_WORDS[said.reason],
            ticket,
            dedup_key=back.fingerprint,
            fingerprint=back.fingerprint,
            locator=back.locator,
        )


def _after_verdict(draft: Draft, sighting: Sighting, problem: Problem, seen: Problem) -> FindingOutcome:
    """D-8; a verdict that has ended lets the problem open its ticket again (E-6, D-20)."""
    finding = sighting.finding
    ticket = draft.tickets[problem.ticket_pk]
    over = ended(problem, ticket, finding, sighting.seen_at)
    if over is None:
        draft.put_problem(seen)
        return "quiet"
    was_open = ticket.status in OPEN
    if not was_open:
        reopen(
            draft, ticket, sighting.seen_at, over.rule, over.reason,
            finding=finding, words=_BACK_WORDS[over.reason], fingerprint=problem.fingerprint,
        )  # fmt: skip
    back = seen._replace(status="open", gone_by_json=None)
    _put_back(draft, ticket.pk, back, over if was_open else None)
    return "returned" if was_open else "reopened"
