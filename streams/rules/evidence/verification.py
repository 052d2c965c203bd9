"""Verification 核实: whether an observation of absence closes a problem (rules C-31, C-32).

C-31  What counts is when something was observed, not when it arrived: of one source that saw it and another that did
      not, the later look holds. Noted absence that is older than the latest sighting counts for nothing.
C-32  Flapping 时好时坏: back more often than `limits.flapping` says, a problem closes only on absence observed so many
      hours after its latest sighting; earlier absence is noted (`absence_noted`), the latest four. The return that
      makes it flap is told; those after it tell nobody. A run that a supervisor has accepted closes it all the same.
The memory is `gone_by_json` of the problem: while it is open, the noted absence and when it came back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from streams.rules.state.changes import Draft
from streams.rules.state.records import Problem
from streams.rules.state.text import to_json

NOTED: Final = 4  # observations kept
Proof = Mapping[str, Any]

_WORDS: Final = {
    "flapping": "时好时坏，须连续 {hours} 小时未再检出方可销号",
    "nobody_asked": "未经申请的复查称未再检出，该来源未曾检出此问题，仅记录，不作销号依据",
    "producer_closes_too_many": "该巡检方近来称已消除的过多，疑似采集异常，其复查仅记录，不作销号依据",
}
RULES: Final = {"flapping": "C-32", "nobody_asked": "C-50", "producer_closes_too_many": "C-45"}


def weigh(draft: Draft, problem: Problem, evidence_at: datetime, proof: Proof) -> dict[str, Any] | None:
    """The proof by which a problem counts as gone; None = not yet, the observation is noted (C-32)."""
    proof = {**proof, "observed_at": draft.stamp(evidence_at)}
    if problem.gone_by_json is None or proof["kind"] == "count" or proof.get("accepted_by"):
        return proof
    memory = _memory(problem)
    quiet = timedelta(hours=draft.policy.limits.flapping.absent_hours)
    if not _flaps(draft, memory, problem.last_seen_at) or evidence_at >= problem.last_seen_at + quiet:
        return proof
    known = still_noted(problem)
    kept = {"kind": "noted", "absent": _with(known, proof), **_lasting(memory)}
    problem = problem._replace(gone_by_json=to_json(kept))
    draft.put_problem(problem)
    if not known:
        say_noted(draft, problem, "flapping", proof)
    return None


def say_noted(draft: Draft, problem: Problem, lacking: str, proof: Proof) -> None:
    """Absence that proves nothing yet, or at all."""
    words = _WORDS[lacking].format(hours=draft.policy.limits.flapping.absent_hours)
    draft.event(
        "absence_noted",
        RULES[lacking],
        lacking,
        words,
        draft.tickets[problem.ticket_pk],
        dedup_key=f"{problem.fingerprint}\x1f{proof['observed_at']}",
        fingerprint=problem.fingerprint,
        locator=problem.locator,
        proof=proof,
    )


def still_noted(problem: Problem) -> list[dict[str, Any]]:
    """The noted absence of an open problem that no sighting has overtaken, oldest first (C-31)."""
    return [proof for proof in _memory(problem).get("absent", ()) if _at(proof) >= problem.last_seen_at]


def gone_json(problem: Problem, proof: Proof) -> str:
    """What a problem that is gone keeps: the proof, and when it had come back before."""
    return to_json({**proof, **_lasting(_memory(problem))})


def memory_json(problem: Problem) -> str | None:
    """What a problem keeps when its closing is taken back: when it had come back before."""
    lasting = _lasting(_memory(problem))
    return to_json({"kind": "noted", **lasting}) if lasting else None


def came_back(draft: Draft, problem: Problem, seen_at: datetime) -> str:
    """What a problem keeps that is seen again after it was gone (C-32)."""
    memory = _memory(problem)
    times = [*memory.get("back", ()), seen_at.isoformat()]
    back = {"back": times[-draft.policy.limits.flapping.times - 2 :]}
    return to_json({"kind": "noted", **_lasting(memory), **back})


def flapping(draft: Draft, problem: Problem, seen_at: datetime) -> int | None:
    """How often a problem that is back has come back, where that is more than the policy's limit; otherwise None."""
    memory = _memory(problem)
    return _returns(draft, memory, seen_at) if _flaps(draft, memory, seen_at) else None


def is_told(draft: Draft, times: int | None) -> bool:
    """Whether people hear of this return: a flapping problem is told of once (C-32)."""
    return times is None or times == draft.policy.limits.flapping.times + 1


def _with(known: Sequence[dict[str, Any]], proof: dict[str, Any]) -> list[dict[str, Any]]:
    """Noted observations with this one, by time; of those that come too many the first and the latest stay."""
    others = [other for other in known if (other["observed_at"], other.get("source")) != _key(proof)]
    noted = sorted([*others, proof], key=lambda one: (_at(one), one.get("source") or ""))
    return noted if len(noted) <= NOTED else [noted[0], *noted[1 - NOTED :]]


def _key(proof: Proof) -> tuple[object, object]:
    return proof["observed_at"], proof.get("source")


def _flaps(draft: Draft, memory: Mapping[str, Any], at: datetime) -> bool:
    return "back" in memory and _returns(draft, memory, at) > draft.policy.limits.flapping.times


def _returns(draft: Draft, memory: Mapping[str, Any], at: datetime) -> int:
    since = at - timedelta(days=draft.policy.limits.flapping.days)
    return sum(datetime.fromisoformat(back) >= since for back in memory.get("back", ()))


def _memory(problem: Problem) -> dict[str, Any]:
    memory: dict[str, Any] = orjson.loads(problem.gone_by_json) if problem.gone_by_json else {}
    return memory


def _lasting(memory: Mapping[str, Any]) -> dict[str, Any]:
    """What outlives a proof: when it came back (C-32), what else was heard (C-41)."""
    return {name: memory[name] for name in ("back", "later") if name in memory}


def _at(proof: Proof) -> datetime:
    return datetime.fromisoformat(proof["observed_at"])
