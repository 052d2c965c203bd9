"""Closing on a run's silence: absence, coverage and the brake (rules C-1, C-3, C-4, C-20, R-3, R-21, R-22).

C-1  A ticket closes with the last of its problems, on evidence: a run's silence (here), a recheck (rechecks.py), or a
     person with a reason (verdicts.py). Its ladder stops, and what has not been sent about it falls away.
C-3  A problem is absent when a complete run covered its check and place (or a partial one named the place), did not
     find it, and it has not been seen since the run began; only its own reporters prove that, or a run that names
     the locator.
C-4  A run that would close more than 20 and more than half of the asset's open problems that it covered is held: a
     supervisor decides (`accept_run`, `reject_run`). In that count problems of one cause are one, and what
     is claimed to be fixed does not count. Over all assets of a producer: producer_brake.py.
R-22 A run that is judged is said once for each asset (`run_settled`): how many problems it has seen, how many of them
     nobody had reported before, how many it has proved gone.
What is only warned of, or suspected, is forgotten (D-12).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import orjson

from schemas.run import Run
from streams.rules.closing import producer_brake
from streams.rules.closing.at_stake import AtStake, at_stake
from streams.rules.closing.held_runs import request_sample
from streams.rules.evidence.later_absence import Absence, improved, run_proof, silent
from streams.rules.evidence.probes import day_of, probed
from streams.rules.evidence.proving import gone
from streams.rules.evidence.run_sizes import remember, shrunken
from streams.rules.notices.producer_mails import tell_operators
from streams.rules.notices.warning import forget
from streams.rules.state.changes import Changes
from streams.rules.state.coverage import ParsedRun
from streams.rules.state.outcomes import RunOutcome
from streams.rules.state.records import AssetRecord, Problem, RunRecord
from streams.rules.state.sample import sample_of
from streams.rules.state.sightings import is_derived, was_seen
from streams.rules.state.snapshot import SeenAfter


def settle(changes: Changes, known: RunRecord) -> RunOutcome:
    """Judges a run whose waiting time has ended; the snapshot holds the whole asset."""
    asset = changes.asset_by_pk[known.asset_pk]
    if known.message_json is None or known.state not in ("waiting", "accepted"):
        changes.put_run(known._replace(settle_at=None))
        return "nothing"
    said = changes.lookups.said(known, known.message_json)
    run = said.run
    if run.found is not None and known.counted < run.found and known.state == "waiting":
        return _incomplete(changes, asset, known, run)
    _probe(changes, asset, known, said)
    covered, absent = at_stake(said, known, (p for p in changes.problems.values() if p.asset_pk == asset.pk))
    evidence_at = run.started_at or run.finished_at
    odd = _odd(changes, asset, known, run, AtStake(covered, absent)) if known.state == "waiting" else None
    if odd is not None:
        return _held(changes, asset, known, absent, odd)
    proof = run_proof(changes, known)
    for problem in sorted(absent, key=lambda p: (p.ticket_pk, p.ordinal, p.key)):
        if problem.status == "open":
            gone(changes, problem, evidence_at, proof, rule="C-3", reason="run_absent")
        else:
            forget(changes, problem, evidence_at)
    if known.state == "waiting" and shrunken(changes, asset, run):
        known = known._replace(evidence_at=None)  # it has closed nothing, and speaks of nothing that is gone (C-41)
    else:
        for problem in list(changes.problems.values()):
            if (
                problem.asset_pk == asset.pk
                and _is_gone_since(problem, evidence_at)
                and silent(changes, known, problem)
            ):
                improved(changes, problem, Absence(evidence_at, proof))
    remember(changes, asset.pk, run, accepted=known.state == "accepted")
    changes.put_run(known._replace(state="settled", settle_at=None, settle_by=None))
    _settled(changes, asset, known, sum(problem.status == "open" for problem in absent))
    return "settled"


def _probe(changes: Changes, asset: AssetRecord, known: RunRecord, said: ParsedRun) -> None:
    """V-4: a complete run that covers the check is a probe of the site."""
    run = said.run
    if run.status != "complete":
        return
    at = run.started_at or run.finished_at
    for check, probing in changes.policy.probed.items():
        if check in said.checks:
            failed = orjson.loads(known.by_check_json).get(check, 0) > 0
            day = changes.probes.get((asset.pk, day_of(at)))
            changes.put_probe(probed(day, asset.pk, probing, at, reached=not failed))
            if failed or _has_derived(changes, known):
                changes.count_again(asset.pk)


def _has_derived(changes: Changes, known: RunRecord) -> bool:
    mine = (p.seen_by_json for p in _open(changes, known.asset_pk))
    return any(map(is_derived, chain(mine, (group.seen_by_json for group in _seen_after(changes, known)))))


def _seen_after(changes: Changes, known: RunRecord) -> Sequence[SeenAfter]:
    return changes.after.get((known.asset_pk, known.source, known.run_id), ())


def _open(changes: Changes, asset_pk: int) -> Iterator[Problem]:
    return (p for p in changes.problems.values() if p.asset_pk == asset_pk and p.status == "open")


def _is_gone_since(problem: Problem, evidence_at: datetime) -> bool:
    """Gone by a proof that is not older than this run, which has come late (C-41)."""
    return problem.status == "gone" and problem.gone_at is not None and problem.gone_at >= evidence_at


def _too_many(changes: Changes, covered: list[Problem], absent: list[Problem]) -> bool:
    """C-4: the brake on mass closing."""
    closing = producer_brake.units(changes, absent)
    whole = producer_brake.units(changes, covered)
    brake = changes.policy.limits.brake
    return closing > brake.problems and closing > brake.share * whole


class _Odd(NamedTuple):
    """Why a run is held."""

    rule: str
    reason: str
    words: str


def _odd(changes: Changes, asset: AssetRecord, known: RunRecord, run: Run, stake: AtStake) -> _Odd | None:
    absent = stake.absent
    if _too_many(changes, stake.covered, absent):
        return _Odd("C-4", "would_close_too_many", "数量异常")
    if absent and shrunken(changes, asset, run):
        return _Odd("R-21", "far_fewer_pages", "检查页数远少于往次")
    producer_brake.count(changes, run.source, _spoken_of(changes, known, absent), producer_brake.units(changes, absent))
    if not any(problem.status == "open" for problem in absent):
        return None
    stretch = producer_brake.suspicious(changes, run.source)
    if stretch is None:
        return None
    said = f"巡检方 {run.source} 近来 {stretch.staked} 处中有 {stretch.absent} 处未再检出，疑似采集异常"
    return _Odd(producer_brake.RULE, "producer_closes_too_many", said)


def _spoken_of(changes: Changes, known: RunRecord, absent: list[Problem]) -> int:
    """C-45: what was known before the run, and is absent or seen by it again; in units."""
    began, until = known.evidence_at, changes.here_until.get(known.asset_pk)
    again = [
        problem
        for problem in _open(changes, known.asset_pk)
        if (until is None or problem.last_seen_at <= until)
        and (began is None or problem.first_seen_at < began)
        and was_seen(problem.seen_by_json, known.source, known.run_id)
    ]
    counted = [
        group for group in _seen_after(changes, known) if was_seen(group.seen_by_json, known.source, known.run_id)
    ]
    return producer_brake.units(changes, absent + again, counted)


def _held(changes: Changes, asset: AssetRecord, known: RunRecord, absent: list[Problem], odd: _Odd) -> RunOutcome:
    held = known._replace(state="held", settle_at=None, settle_by=None, held_by=odd.rule)
    if odd.rule != producer_brake.RULE or producer_brake.hold(changes, known.source):
        held = request_sample(changes, asset, held, absent)
    changes.put_run(held)
    closing = len(absent)
    touched = sorted(problem.ticket_pk for problem in absent if problem.status == "open")
    example = changes.tickets[touched[0]] if touched else None
    why = f"一次巡检将使 {closing} 处问题销号，{odd.words}，待人工核实"
    event = changes.event(
        "run_held",
        odd.rule,
        odd.reason,
        why,
        asset,
        dedup_key=f"{known.source}\x1f{known.run_id}",
        source=known.source,
        run_id=known.run_id,
        would_close=closing,
        why=why,
        request_ids=list(sample_of(held)),
        history_ticket=example,
    )
    unit = changes.registry.units.get(asset.unit_id) if asset.unit_id else None
    changes.escalate(changes.policy.looking, event, None, unit.supervisor_id if unit else None)
    if example is not None and odd.rule == producer_brake.RULE:
        producer_brake.tell(changes, example, known.source, unit.supervisor_id if unit else None)
    elif example is not None and unit is not None and unit.supervisor_id:
        tell_operators(changes, example, "run_held", [unit.supervisor_id], f"{known.source}\x1f{known.run_id}")
    return "held"


def _settled(changes: Changes, asset: AssetRecord, known: RunRecord, closed: int) -> None:
    """R-22."""
    seen = sum(orjson.loads(known.by_check_json).values())
    changes.event(
        "run_settled",
        "R-22",
        "judged",
        f"巡检检出 {seen} 处，其中新发现 {known.first_found} 处，消除 {closed} 处",
        asset,
        dedup_key=f"{known.source}\x1f{known.run_id}",
        stored=False,
        source=known.source,
        run_id=known.run_id,
        seen=seen,
        new=known.first_found,
        gone=closed,
    )


def _incomplete(changes: Changes, asset: AssetRecord, known: RunRecord, run: Run) -> RunOutcome:
    changes.put_run(known._replace(state="incomplete", settle_at=None, settle_by=None))
    changes.event(
        "run_incomplete",
        "R-3",
        "findings_missing",
        f"巡检称检出 {run.found} 条，只收到 {known.counted} 条，不作销号依据",
        asset,
        dedup_key=f"{known.source}\x1f{known.run_id}",
        source=known.source,
        run_id=known.run_id,
        found=run.found,
        counted=known.counted,
    )
    return "incomplete"
