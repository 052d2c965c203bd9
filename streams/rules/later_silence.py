"""Later silence: runs that did not see again what is gone already (rule C-41).

C-41 A sighting that arrives late is no relapse when a run has been judged that was silent about the place (C-3, C-20)
     and began after it: it changes the record only, and the proof keeps that run (`later`). Where one observation does
     not suffice (C-30), or the problem flaps (C-32), it is a relapse all the same.
A run that finds nothing of what is gone writes nothing: the runs are kept, and looked at when such a sighting comes
(the docket holds the asset's latest). A later recheck `absent` is kept in the same way (R-6).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from streams.rules.coverage import Said
from streams.rules.draft import Draft
from streams.rules.records import Problem
from streams.rules.sightings import sources, was_seen
from streams.rules.text import to_json
from streams.rules.verification import flapping


def overtaken(draft: Draft, seen: Problem, at: datetime) -> Problem | None:
    """The gone problem with the silence that outdates a sighting at `at` of it; None = nothing does.

    `seen` has the sighting counted already, so that its own run does not speak against it.
    """
    rule = draft.policy.rule(seen.check).verify
    if (rule is not None and rule.by != "one") or flapping(draft, seen, at) is not None:
        return None
    since = max(at, seen.last_seen_at)
    for known in draft.lookups.runs_of(seen.asset_pk):
        if known.state != "settled" or known.message_json is None:
            continue
        if known.evidence_at is None or known.evidence_at < since:
            continue
        said = draft.lookups.said(known, known.message_json)
        if not was_seen(seen.seen_by_json, known.source, known.run_id) and _speaks_of(said, seen):
            proof = {"kind": "run", "source": known.source, "run_id": known.run_id}
            return with_later(seen, {**proof, "observed_at": draft.stamp(known.evidence_at)})
    return None


def with_later(problem: Problem, proof: Mapping[str, Any]) -> Problem:
    """The gone problem with the latest absence that somebody has observed since."""
    kept = orjson.loads(problem.gone_by_json or "{}")
    return problem._replace(gone_by_json=to_json({**kept, "later": proof}))


def _speaks_of(said: Said, problem: Problem) -> bool:
    if not said.covers(problem.check, problem.locator):
        return False
    return said.run.source in sources(problem.seen_by_json) or said.names(problem.locator)
