"""What a ticket opens under (T-1): deadline and plan, worked out once for all tickets of a batch that share them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from streams.rules.deadlines.begun_anew import of_first_load, said_anew
from streams.rules.deadlines.deadlines import deadline
from streams.rules.deadlines.guarded import is_guarded
from streams.rules.deadlines.ladder import plan
from streams.rules.deadlines.lines import with_lines
from streams.rules.state.memos import Opening
from streams.rules.state.terms import deadline_json, plan_json

if TYPE_CHECKING:
    from schemas.finding import Finding
    from schemas.policy import CheckRule
    from streams.rules.state.changes import Changes
    from streams.rules.state.records import AssetRecord


def opening(changes: Changes, asset: AssetRecord, rule: CheckRule, finding: Finding, seen_at: datetime) -> Opening:
    """For a finding that opens a ticket now; `seen_at`: the latest sighting of its problem."""
    guarded = is_guarded(changes.registry, asset.region, seen_at)
    start = finding.received_at or seen_at
    frozen = deadline(
        changes.policy,
        rule,
        finding.evidence,
        start,
        changes.calendar,
        changes.zone,
        guarded=guarded,
        due_by=finding.due_by,
        basis=finding.basis,
        asset_kind=asset.kind,
    )
    if finding.first_load:
        frozen = of_first_load(changes, finding, frozen)
    key = (finding.check, frozen, guarded, start if frozen.timed else None)
    known = changes.openings.get(key)
    if known is None:
        ladder = plan(changes.policy, frozen, changes.at, changes.calendar, changes.zone)[1:]
        steps = with_lines(changes, finding.check, frozen, start, ladder, changes.at)
        next_at = steps[0].at if steps else None
        text = deadline_json(frozen)
        begun = said_anew(changes, frozen, "首次入库")
        known = Opening(
            frozen.due_at, frozen.unit, frozen.provisional, text, guarded, plan_json(steps), next_at, *begun
        )
        changes.openings[key] = known
    return known
