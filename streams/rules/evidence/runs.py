"""Runs 巡检: counting what a run found, and when its silence may be judged (rules R-1 to R-4, R-20).

R-1  Each accepted finding of a run is counted for its asset, a retry too.
R-2  Distinct problems are counted per check, for the grouping of an exploding check (G-3).
R-3  Absence is judged once `found` findings have arrived: at most 5 minutes of real time after the `run` message,
     then it is `run_incomplete` and proves nothing; without `found`, 30 s after it.
R-4  A failed run proves nothing.
R-20 A run of which more findings arrive than it said in `found` is flagged once (`run_found_more`), not refused: a
     producer's retry counts too.
The judgement itself is in closing.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson

from schemas.finding import Finding
from schemas.run import Run
from streams.rules.evidence import silence
from streams.rules.state.changes import Changes
from streams.rules.state.memos import RunTally
from streams.rules.state.outcomes import RunOutcome
from streams.rules.state.records import AssetRecord, RunRecord
from streams.rules.state.text import to_json


def counted(
    changes: Changes, asset: AssetRecord, finding: Finding, seen_at: datetime, *, distinct: bool, new: bool
) -> int:
    """Counts a finding for its run (R-1, R-2); `distinct`: this run had not reported the problem; `new`: nobody had.

    The answer: how many distinct problems of the check the run has found on the asset by now.
    """
    key = (asset.pk, finding.source or "", finding.run_id or "")
    tally = changes.tallies.get(key)
    if tally is None:
        known = changes.runs.get(key)
        tally = changes.tallies[key] = RunTally(orjson.loads(known.by_check_json) if known else {}, seen_at)
    tally.findings += 1
    tally.first_found += new
    tally.first_seen_at = min(tally.first_seen_at, seen_at)
    found = tally.distinct.get(finding.check, 0)
    if distinct:
        found += 1
        tally.distinct[finding.check] = found
    return found


def run_of(changes: Changes, asset_pk: int, source: str, run_id: str) -> RunRecord:
    """What is known of a run; a run nobody has heard of is being collected."""
    known = changes.runs.get((asset_pk, source, run_id))
    return known or RunRecord(
        asset_pk, source, run_id, 0, "{}", None, "collecting", None, None, None, None, begun_at=changes.now.real
    )


def ended(changes: Changes, run: Run) -> RunOutcome:
    """Takes a `run` message in; a repeated one changes nothing."""
    asset = changes.assets[run.asset_id]
    known = run_of(changes, asset.pk, run.source, run.run_id)
    if known.message_json is not None:
        return "repeated"
    silence.ran(changes, asset, run.source)
    if run.found is not None and known.counted > run.found:
        _flag(changes, known, run.found, known.counted)
    failed = run.status == "failed"
    waits = changes.policy.limits.run
    wait = timedelta(seconds=waits.settle_seconds if run.found is None else waits.incomplete_seconds)
    changes.put_run(
        known._replace(
            message_json=run.model_dump_json(),
            state="failed" if failed else "waiting",
            evidence_at=run.started_at or run.finished_at,
            settle_at=None if failed else changes.now.real + wait,
            settle_by=None if failed else changes.now.real + wait,
        )
    )
    return "failed" if failed else "waiting"


def fold(changes: Changes) -> None:
    """Adds the batch's tallies to the runs; a run that has all it promised is judged at once (R-3)."""
    for (asset_pk, source, run_id), tally in changes.tallies.items():
        run = run_of(changes, asset_pk, source, run_id)
        total = run.counted + tally.findings
        said = None if run.message_json is None else orjson.loads(run.message_json).get("found")
        if said is not None and run.counted <= said < total:
            _flag(changes, run, said, total)
        first = min(tally.first_seen_at, run.first_seen_at or tally.first_seen_at)
        changes.put_run(
            run._replace(
                counted=total,
                by_check_json=to_json(tally.distinct),
                first_seen_at=first,
                first_found=run.first_found + tally.first_found,
            )
        )
    changes.tallies.clear()
    for run in list(changes.runs.values()):
        if run.state != "waiting" or run.message_json is None or run.settle_at is None:
            continue
        found = orjson.loads(run.message_json).get("found")
        if found is not None and run.counted >= found and run.settle_at > changes.now.real:
            changes.put_run(run._replace(settle_at=changes.now.real))


def _flag(changes: Changes, run: RunRecord, found: int, total: int) -> None:
    """R-20."""
    asset = changes.asset_by_pk[run.asset_pk]
    changes.event(
        "run_found_more",
        "R-20",
        "more_than_found",
        f"巡检称检出 {found} 条，收到 {total} 条",
        asset,
        dedup_key=f"{run.source}\x1f{run.run_id}",
        source=run.source,
        run_id=run.run_id,
        found=found,
        counted=total,
    )
