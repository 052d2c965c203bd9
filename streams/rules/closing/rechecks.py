"""Rechecks 复查: what the answer means (rules R-6 to R-8, R-30, R-33, R-38, C-2); evidence/requesting.py asks.

R-6  `absent` closes the problems it names, unless one was seen later than the recheck looked, or the answer proves
     nothing (C-50, C-45); of one that is gone already it is kept beside the proof, or is the earlier one (C-41).
R-7  `present` sends a claimed ticket back to work; seen after a proof of absence it is a relapse.
R-8  `unverifiable` leaves the decision to a person (`approve` or `send_back`).
R-38 `present` seen after the relapse window opens a new ticket, as a finding would (C-6), with its evidence.
C-2  An answered citizen message or comment is `absent` with the answer as evidence.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from schemas.recheck import Recheck
from streams.rules.closing.belief import Belief, believed, requested_about
from streams.rules.evidence.later_absence import Absence, improved, last_certain, proof_of, with_heard
from streams.rules.evidence.presence import LONG_AGO, present, present_after_gone, present_after_verdict
from streams.rules.evidence.proving import gone
from streams.rules.evidence.requesting import waits_for
from streams.rules.evidence.verification import say_noted
from streams.rules.findings.recurring import recurred
from streams.rules.intake.fingerprint import named
from streams.rules.notices.warning import forget, is_waiting
from streams.rules.state.changes import Changes
from streams.rules.state.ending import RecheckProof
from streams.rules.state.event_words import STILL_THERE
from streams.rules.state.long_evidence import each_of, is_long
from streams.rules.state.outcomes import RecheckOutcome
from streams.rules.state.records import AssetRecord, Problem, Ticket
from streams.rules.state.sightings import is_derived
from streams.rules.tickets.tickets import OPEN


def answered(changes: Changes, recheck: Recheck) -> RecheckOutcome:
    """Takes a recheck in; the answer names the outcome."""
    asset = changes.assets[recheck.asset_id]
    named_problems = meant(changes, asset, recheck)
    if not named_problems:
        _ignored(changes, asset, None, recheck, "nothing_to_recheck")
        return "ignored"
    requested = requested_about(changes, recheck, named_problems)
    _answers(changes, recheck, named_problems)
    if recheck.outcome == "present":
        return _present(changes, recheck, named_problems, requested)
    tickets = {problem.ticket_pk: changes.tickets[problem.ticket_pk] for problem in named_problems if problem.ticket_pk}
    if recheck.outcome == "unverifiable":
        for ticket in tickets.values():
            if ticket.status in OPEN:
                _failed(changes, ticket._replace(recheck_outcome="unverifiable"), recheck, "R-8", "需人工审核")
        return "unverifiable"
    return _absent(changes, asset, recheck, named_problems, requested)


def _answers(changes: Changes, recheck: Recheck, problems: list[Problem]) -> None:
    """R-30, R-33: the requests about these problems are answered, whoever has joined them and whatever id is named."""
    for problem in problems:
        one = changes.requests.get(problem.key)
        overtaken = recheck.outcome == "absent" and problem.last_seen_at > recheck.observed_at
        if one is None or recheck.observed_at < one.requested_at or overtaken:
            continue
        if one.not_by is None or one.not_by != recheck.source or not waits_for(changes, one.request_id):
            changes.requests.drop(one)  # otherwise another producer is still waited for


def meant(changes: Changes, asset: AssetRecord, recheck: Recheck) -> list[Problem]:
    """The current problems that the recheck speaks of."""
    if recheck.fingerprint is not None:
        identity = named(asset.asset_id, recheck.fingerprint).among(changes.problems, asset.pk, changes.renamed)
        problem = changes.problems.get(identity.key)
        return [problem] if problem is not None and problem.asset_pk == asset.pk else []
    if recheck.ticket_id is not None:
        ticket = next((t for t in changes.tickets.values() if t.ticket_id == recheck.ticket_id), None)
        return changes.problems_of(ticket) if ticket is not None and ticket.asset_pk == asset.pk else []
    return list(changes.lookups.problems_at(asset.pk, recheck.check or "", recheck.locator or ""))


def _absent(
    changes: Changes, asset: AssetRecord, recheck: Recheck, problems: list[Problem], requested: frozenset[bytes]
) -> RecheckOutcome:
    """R-6."""
    proofs = each_of(_proof(changes, recheck), _proof(changes, _brief(recheck)), len(problems))
    belief = believed(changes, recheck, problems, requested)
    outdated = False
    outcome: RecheckOutcome = "ignored"
    for problem, proof in zip(problems, proofs, strict=True):
        if problem.status != "open":
            _not_open(changes, problem, recheck.observed_at, proof, belief)
            continue
        if is_derived(problem.seen_by_json):
            _ignored(changes, asset, changes.tickets[problem.ticket_pk], recheck, "only_the_count_proves")
            continue
        if problem.last_seen_at > recheck.observed_at:
            outdated = True
            continue
        lacking = belief.of(problem)
        if lacking is not None:
            if lacking == "nobody_asked":
                changes.put_problem(with_heard(problem, proof))
            say_noted(changes, problem, lacking, proof)
            outcome = outcome if outcome == "closed" else "noted"
            continue
        marked = proof._replace(vouched=belief.vouches_for(problem))
        if gone(changes, problem, recheck.observed_at, marked, rule="R-6", reason="recheck_absent"):
            outcome = "closed"
        elif outcome != "closed":
            outcome = "gone" if changes.problems[problem.key].status == "gone" else "noted"
    if outdated:
        pk = next(problem.ticket_pk for problem in problems if problem.ticket_pk)
        _ignored(changes, asset, changes.tickets[pk], recheck, "older_than_last_sighting")
    return outcome


def _proof(changes: Changes, recheck: Recheck) -> RecheckProof:
    return RecheckProof(recheck.source, recheck.request_id, recheck.evidence, changes.stamp(recheck.observed_at))


def _brief(recheck: Recheck) -> Recheck:
    """Without long evidence (O-16)."""
    return recheck.model_copy(update={"evidence": {}}) if is_long(recheck.evidence) else recheck


def _not_open(changes: Changes, problem: Problem, at: datetime, proof: RecheckProof, belief: Belief) -> None:
    """D-12: it waits for a confirmation no longer. C-41: of what is gone it may be the earlier proof, or one more."""
    is_proof = belief.of(problem) is None
    proof = proof._replace(vouched=belief.vouches_for(problem))
    if is_waiting(problem) and is_proof:
        problem = forget(changes, problem, at)
    if problem.status in ("dismissed", "waived"):
        return
    if problem.status == "gone":
        if is_proof and improved(changes, problem, Absence(at, proof)):
            return
        if proof_of(problem) is None and problem.gone_at is not None and problem.gone_at < at and is_proof:
            problem = problem._replace(gone_at=at)  # it took a person: what is seen before is no relapse
    if at >= last_certain(problem):
        changes.put_problem(with_heard(problem, proof))


def _present(
    changes: Changes, recheck: Recheck, problems: list[Problem], requested: frozenset[bytes]
) -> RecheckOutcome:
    """R-7: still there, or there again."""
    outcome: RecheckOutcome = "ignored"
    believed(changes, recheck, problems, requested)
    for problem, said in zip(problems, each_of(recheck, _brief(recheck), len(problems)), strict=True):
        if not problem.ticket_pk:
            changes.put_problem(problem._replace(last_seen_at=max(problem.last_seen_at, recheck.observed_at)))
            continue
        if problem.status == "open":
            present(changes, said, problem)
            outcome = "present"
        elif problem.status == "gone":
            again = present_after_gone(changes, said, problem)
            outcome = (recurred(changes, said, problem) if again == LONG_AGO else again) or outcome
        else:
            outcome = present_after_verdict(changes, said, problem) or outcome
    for pk in {problem.ticket_pk for problem in problems if problem.ticket_pk}:
        ticket = changes.tickets[pk]
        if ticket.status == "claimed":
            back = ticket._replace(status="acknowledged", recheck_outcome="present")
            _failed(changes, back, recheck, "R-7", STILL_THERE)
    return outcome


def _failed(changes: Changes, ticket: Ticket, recheck: Recheck, rule: str, words: str) -> None:
    ticket = changes.put_ticket(ticket)
    changes.event(
        "recheck_failed",
        rule,
        recheck.outcome,
        f"复查未通过，{words}",
        ticket,
        request_id=recheck.request_id,
        source=recheck.source,
        observed_at=changes.stamp(recheck.observed_at),
        evidence=recheck.evidence,
    )


_IGNORED: Final = {
    "nothing_to_recheck": "没有对应的问题",
    "older_than_last_sighting": "复查时间早于最近一次检出",
    "only_the_count_proves": "累计得出的问题以累计数为准",
}


def _ignored(changes: Changes, asset: AssetRecord, ticket: Ticket | None, recheck: Recheck, reason: str) -> None:
    words = _IGNORED[reason]
    changes.event(
        "recheck_ignored",
        "R-6",
        reason,
        f"复查不采信，{words}",
        ticket or asset,
        outcome=recheck.outcome,
        request_id=recheck.request_id,
        source=recheck.source,
        observed_at=changes.stamp(recheck.observed_at),
    )
