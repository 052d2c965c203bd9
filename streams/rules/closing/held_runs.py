"""Held runs: who answers a run that would close too many, a supervisor or a sample (rules K-20, C-4, C-21, C-22, R-37).

C-21 A run that is held asks for a recheck of a few of the problems that it would close (policy: 3), chosen by their
     fingerprints, so that the same run asks for the same ones. The requests have the reason `run_held`.
C-22 One answer `present` rejects the run (`sample_present`); `absent` for the whole sample, each seen after the run
     began and not before the last sighting, accepts it (`sample_absent`). An answer `unverifiable`, or none, leaves
     it to the supervisors, who may decide at any time before.
R-37 The producer that made the run does not confirm it alone: another one that can answer is asked, and `absent` of the
     run's own counts for its problem only. Where nobody else can, it counts, and the event says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final, NamedTuple

from schemas.command import Command
from schemas.recheck import Recheck
from streams.rules.closing.producer_brake import RULE as PRODUCER_BRAKE
from streams.rules.closing.rechecks import meant
from streams.rules.closing.unanswered import base
from streams.rules.evidence.producers import able
from streams.rules.evidence.requesting import RequestedPlace, ask_about
from streams.rules.evidence.runs import run_of
from streams.rules.intake.fingerprint import named
from streams.rules.state.changes import Changes
from streams.rules.state.records import AssetRecord, Problem, RunRecord
from streams.rules.state.sample import Absent, Sample, Unanswered, sample_of, with_sample

BY_SAMPLE: Final = "抽样复查"
PREFIX: Final = "held-"


class _Judgement(NamedTuple):
    accepted: bool
    rule: str
    reason: str
    by: str | None = None
    said: str | None = None  # the reason that a person gave
    requested: list[str] | None = None  # requests of the sample; None: a person has decided
    itself: bool = False  # the run's own producer has answered


def judge(changes: Changes, message: Command) -> str | None:
    """K-20 采信, K-21 不采信: the answer to a held run (C-4)."""
    asset = changes.assets[message.asset_id]
    run = run_of(changes, asset.pk, message.source or "", message.run_id or "")
    if run.state != "held":
        return "run_not_held"
    accepted = message.action == "accept_run"
    rule = "K-20" if accepted else "K-21"
    _judged(changes, asset, run, _Judgement(accepted, rule, message.action, by=message.by, said=message.reason))
    return None


def request_sample(changes: Changes, asset: AssetRecord, run: RunRecord, absent: Iterable[Problem]) -> RunRecord:
    """C-21: the run with the sample that was asked for; the requests are published."""
    sample: Sample = {}
    choice = {_digest(run, asset, problem): problem for problem in absent if problem.status == "open"}
    for digest in sorted(choice)[: changes.policy.limits.brake.sample]:
        problem, request_id = choice[digest], PREFIX + digest
        place = RequestedPlace(problem.key, problem.fingerprint, problem.check, problem.locator)
        ticket = changes.tickets[problem.ticket_pk]
        one = ask_about(changes, ticket, place, "run_held", request_id, changes.at, not_by=run.source)
        if one is not None:
            sample[one.request_id] = Unanswered(problem.fingerprint)
    return with_sample(run, sample)


def answered(changes: Changes, recheck: Recheck) -> None:
    """C-22: a recheck may answer for a held run; the snapshot holds the held runs of its asset."""
    request_id = base(recheck.request_id)
    asset = changes.assets[recheck.asset_id]
    if not request_id:
        return
    for run in list(changes.lookups.runs_of(asset.pk)):
        if run.state == "held" and (sample := sample_of(run)).get(request_id) is not None:
            _answer(changes, asset, run, sample, recheck, request_id)


def _answer(
    changes: Changes, asset: AssetRecord, run: RunRecord, sample: Sample, recheck: Recheck, request_id: str
) -> None:
    waiting = sample[request_id]
    if not isinstance(waiting, Unanswered):
        return
    name = named(asset.asset_id, waiting.fingerprint).among(changes.problems, asset.pk, changes.renamed)
    requested = next((p for p in meant(changes, asset, recheck) if p.key == name.key), None)
    if requested is None or (run.evidence_at is not None and recheck.observed_at < run.evidence_at):
        return
    itself = recheck.source == run.source
    if recheck.outcome == "present":
        _judged(changes, asset, run, _Judgement(False, "C-22", "sample_present", requested=list(sample), itself=itself))
    elif recheck.outcome == "absent" and recheck.observed_at >= requested.last_seen_at:
        if itself and set(able(changes, requested.check, requested).sources) - {run.source}:
            return
        sample[request_id] = Absent(by_itself=itself)
        run = with_sample(run, sample)
        changes.put_run(run)
        answers = [answer for answer in sample.values() if isinstance(answer, Absent)]
        if len(answers) == len(sample):
            itself = any(answer.by_itself for answer in answers)
            judgement = _Judgement(True, "C-22", "sample_absent", by=BY_SAMPLE, requested=list(sample), itself=itself)
            _judged(changes, asset, run, judgement)


def _judged(changes: Changes, asset: AssetRecord, run: RunRecord, judgement: _Judgement) -> None:
    accepted, requested, itself = judgement.accepted, judgement.requested, judgement.itself
    changes.put_run(
        run._replace(
            state="accepted" if accepted else "rejected",
            settle_at=changes.now.real if accepted else None,
            accepted_by=judgement.by if accepted else None,
        )
    )
    if accepted and run.held_by == PRODUCER_BRAKE and not itself:
        changes.standings.clear(run.source)  # C-47
    whose = "" if requested is None else "抽样复查后"
    by_whom = "（由该巡检方自行复查）" if itself else ""
    changes.event(
        "run_accepted" if accepted else "run_rejected",
        judgement.rule,
        judgement.reason,
        f"待核巡检{whose}{'予以采信' if accepted else '不予采信'}{by_whom}",
        asset,
        dedup_key=f"{run.source}\x1f{run.run_id}",
        source=run.source,
        run_id=run.run_id,
        said=judgement.said,
        request_ids=requested,
        answered_by_itself=None if requested is None else itself,
    )


def _digest(run: RunRecord, asset: AssetRecord, problem: Problem) -> str:
    cause = f"{run.source}\x1f{run.run_id}\x1f{asset.asset_id}\x1f{problem.fingerprint}"
    return blake2b(cause.encode(), digest_size=16).hexdigest()
