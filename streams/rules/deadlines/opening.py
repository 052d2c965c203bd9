"""What a ticket opens under (T-1): deadline and plan, worked out once for all tickets of a batch that share them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from streams.rules.deadlines.deadlines import deadline
from streams.rules.deadlines.guarded import is_guarded
from streams.rules.deadlines.ladder import plan
from streams.rules.deadlines.lines import with_lines
from streams.rules.state.memos import Opening
from streams.rules.state.terms import deadline_json, plan_json

if TYPE_CHECKING:
    from schemas.finding import Finding
    from schemas.policy import CheckRule
    from streams.rules.state.changes import Draft
    from streams.rules.state.records import AssetRecord


def opening(draft: Draft, asset: AssetRecord, rule: CheckRule, finding: Finding, seen_at: datetime) -> Opening:
    """For a finding that opens a ticket now; `seen_at`: the latest sighting of its problem."""
    guarded = is_guarded(draft.registry, asset.region, seen_at)
    start = finding.received_at or seen_at
    frozen = deadline(
        draft.policy,
        rule,
        finding.evidence,
        start,
        draft.calendar,
        draft.zone,
        guarded=guarded,
        due_by=finding.due_by,
        basis=finding.basis,
        asset_kind=asset.kind,
    )
    key = (finding.check, frozen, guarded, start if frozen.timed else None)
    known = draft.openings.get(key)
    if known is None:
        ladder = plan(draft.policy, frozen, draft.at, draft.calendar, draft.zone)[1:]
        steps = with_lines(draft, finding.check, frozen, start, ladder, draft.at)
        next_at = steps[0].at if steps else None
        text = deadline_json(frozen)
        known = Opening(frozen.due_at, frozen.unit, frozen.provisional, text, guarded, plan_json(steps), next_at)
        draft.openings[key] = known
    return known
