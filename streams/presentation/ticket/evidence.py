"""Evidence of a problem: who saw it last, and who no longer saw it, with what (rule C-33)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from streams.presentation.dates import local
from streams.presentation.labels import NOBODY, OURS
from streams.rules.evidence.verification import still_noted
from streams.rules.state.ending import Gone, lasting, published, read
from streams.rules.state.records import Problem
from streams.rules.state.sightings import is_derived, reporters

LENGTH: Final = 200  # of an evidence object on the terminal; `--json` has all of it


def evidence_of(problem: Problem, zone: ZoneInfo) -> dict[str, Any]:
    """The latest sighting, and the absence that closed the problem or does not suffice yet, oldest first."""
    facts = problem.facts
    return {
        "fingerprint": problem.fingerprint,
        "present": {
            "source": facts.get("source"),
            "run_id": facts.get("run_id"),
            "observed_at": problem.last_seen_at.astimezone(zone),
            "evidence": facts.get("evidence") or {},
        },
        "seen_by": reporters(problem.seen_by_json),
        "absent": _absent(problem),
    }


def evidence_lines(problem: Problem, zone: ZoneInfo) -> Iterator[str]:
    """The same for the terminal."""
    found = evidence_of(problem, zone)
    present = found["present"]
    if not is_derived(problem.seen_by_json):  # its parts are listed
        yield f"检出证据 {_who(present)}{_shown(present['evidence'])}"
    word = "消除证据" if problem.status == "gone" else "已记录未再检出（尚不足以销号）"
    for proof in found["absent"]:
        at = proof.get("observed_at")
        yield f"{word} {f'{local(at, zone)} ' if at else ''}{_who(proof)}{_shown(proof.get('evidence'))}"


def _absent(problem: Problem) -> list[dict[str, Any]]:
    if problem.status == "open":
        since = (one for one in lasting(problem.gone_by_json).later if one.at >= problem.last_seen_at)
        return [published(one) for one in (*still_noted(problem), *since)]
    end = read(problem.gone_by_json)
    if problem.status != "gone" or not isinstance(end, Gone):
        return []
    main = {name: value for name, value in published(end.proof).items() if value is not None}
    return [*map(published, end.also), main, *map(published, end.later)]


def _who(proof: Mapping[str, Any]) -> str:
    if proof.get("kind") == "person":
        return f"{proof.get('by') or NOBODY}：{proof.get('reason') or '未说明'}"
    if proof.get("kind") == "count":
        return OURS
    run = f" 巡检 {proof['run_id']}" if proof.get("run_id") else ""
    return f"{proof.get('source') or NOBODY}{run}"


def _shown(evidence: Mapping[str, Any] | None) -> str:
    if not evidence:
        return ""
    text = orjson.dumps(evidence).decode()
    return f"  {text if len(text) <= LENGTH else f'{text[:LENGTH]}…'}"
