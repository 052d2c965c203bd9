"""Verification 核实: how much evidence of absence closes a problem (rules C-30 to C-32).

C-30  A check's `verify` says what proves absence: one observation (the default), two in a row, two sources, or a
      person. What does not suffice yet is kept with the problem, the latest four, and said (`absence_noted`); of a
      claimed ticket another recheck is asked for. A run that a supervisor has accepted suffices.
C-31  What counts is when something was observed, not when it arrived: noted absence that is older than the latest
      sighting counts for nothing, and a late sighting between two observations that closed together takes it back.
C-32  Flapping 时好时坏: back more often than `limits.flapping` says, a problem closes only on absence observed so many
      hours after its latest sighting. The return that makes it flap is told; those after it tell nobody.
The memory is `gone_by_json` of the problem: while it is open, the noted absence and when it came back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from schemas.check_rule import Verification
from streams.rules.state.changes import Draft
from streams.rules.state.records import Problem
from streams.rules.state.text import to_json

NOTED: Final = 4  # observations kept
Proof = Mapping[str, Any]

_WORDS: Final = {
    "second_needed": "未再检出一次，须再核实一次方可销号",
    "other_source_needed": "一个来源未再检出，须另一来源核实方可销号",
    "person_needed": "未再检出，须人工审核方可销号",
    "flapping": "时好时坏，须连续 {hours} 小时未再检出方可销号",
    "nobody_asked": "未经申请的复查称未再检出，该来源未曾检出此问题，仅记录，不作销号依据",
    "producer_closes_too_many": "该巡检方近来称已消除的过多，疑似采集异常，其复查仅记录，不作销号依据",
}
RULES: Final = {"flapping": "C-32", "nobody_asked": "C-50", "producer_closes_too_many": "C-45"}  # others: C-30


def weigh(
    draft: Draft, problem: Problem, evidence_at: datetime, proof: Proof
) -> tuple[datetime, dict[str, Any]] | None:
    """As of when, and by what, a problem counts as gone; None = not yet, the observation is noted (C-30)."""
    proof = {**proof, "observed_at": draft.stamp(evidence_at)}
    rule = draft.policy.rule(problem.check).verify
    if (rule is None and problem.gone_by_json is None) or proof["kind"] == "count" or proof.get("accepted_by"):
        return evidence_at, proof
    rule = rule or Verification()
    memory = _memory(problem)
    known = still_noted(problem)
    noted = _with(known, proof)
    lacking = _lacking(rule, noted)
    if lacking is None and _flaps(draft, memory, problem.last_seen_at):
        hours = draft.policy.limits.flapping.absent_hours
        if evidence_at < problem.last_seen_at + timedelta(hours=hours):
            lacking = "flapping"
    if lacking is None:
        *also, last = noted if rule.by != "one" else [proof]
        said = {} if rule.by == "one" else {"verified": rule.by, "also": also}
        return _at(last), {**last, **said}
    kept = {"kind": "noted", "absent": noted, "lacking": lacking, **_lasting(memory)}
    problem = problem._replace(gone_by_json=to_json(kept))
    draft.put_problem(problem)
    if not known or memory.get("lacking") != lacking:
        say_noted(draft, problem, lacking, proof)
    return None


def say_noted(draft: Draft, problem: Problem, lacking: str, proof: Proof) -> None:
    """Absence that proves nothing yet, or at all."""
    words = _WORDS[lacking].format(hours=draft.policy.limits.flapping.absent_hours)
    draft.event(
        "absence_noted",
        RULES.get(lacking, "C-30"),
        lacking,
        words,
        draft.tickets[problem.ticket_pk],
        dedup_key=f"{problem.fingerprint}\x1f{proof['observed_at']}",
        fingerprint=problem.fingerprint,
        locator=problem.locator,
        proof=proof,
    )


def waits_for_another(draft: Draft, before: Problem) -> bool:
    """Whether absence of a problem that is claimed to be fixed has just begun to wait for another observation."""
    lacking = _memory(draft.problems[before.key]).get("lacking")
    claimed = draft.tickets[before.ticket_pk].status == "claimed"
    return claimed and lacking in ("second_needed", "other_source_needed") and not still_noted(before)


def may_count_from(draft: Draft, problem: Problem, noted_at: datetime) -> datetime:
    """From when on a second observation counts."""
    rule = draft.policy.rule(problem.check).verify
    apart = rule.minutes_apart if rule is not None and rule.by == "two_in_a_row" else 0
    return noted_at + timedelta(minutes=apart)


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


def disproved(draft: Draft, problem: Problem, seen_at: datetime) -> str | None:
    """C-31: what is left of a gone problem's proof when a sighting turns up between its parts; None = it holds."""
    proof = _memory(problem)
    rule = draft.policy.rule(problem.check).verify
    if rule is None or proof.get("verified") != rule.by:
        return None
    main = {
        name: value for name, value in proof.items() if name not in ("also", "verified", "back", "later", "vouched")
    }
    left = [part for part in (*proof.get("also", ()), main) if _at(part) >= seen_at]
    lacking = _lacking(rule, left)
    return to_json({"kind": "noted", "absent": left, "lacking": lacking, **_lasting(proof)}) if lacking else None


def _lacking(rule: Verification, noted: Sequence[Proof]) -> str | None:
    """What is missing still, as a stable word."""
    if rule.by == "person":
        return "person_needed"
    if rule.by == "two_sources":
        return None if len({proof.get("source") for proof in noted}) > 1 else "other_source_needed"
    if rule.by == "two_in_a_row":
        apart = timedelta(minutes=rule.minutes_apart)
        first, last = (_at(noted[0]), _at(noted[-1])) if noted else (None, None)
        return None if first and last and first < last and last - first >= apart else "second_needed"
    return None


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
