"""Verification 核实: whether an observation of absence closes a problem (rules C-31, C-32).

C-31  What counts is when something was observed, not when it arrived: of one source that saw it and another that did
      not, the later look holds. Noted absence that is older than the latest sighting counts for nothing.
C-32  Flapping 时好时坏: back more often than `limits.flapping` says, a problem closes only on absence observed so many
      hours after its latest sighting; earlier absence is noted (`absence_noted`), the latest four. The return that
      makes it flap is told; those after it tell nobody. A run that a supervisor has accepted closes it all the same.
The memory is the problem's ending (ending.py): while it is open, the noted absence and when it came back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from streams.rules.state.changes import Changes
from streams.rules.state.ending import (
    CountProof,
    Noted,
    Observation,
    PersonProof,
    Proof,
    RunProof,
    lasting,
    published,
    read,
    write,
)
from streams.rules.state.records import Problem

NOTED: Final = 4  # observations kept

_WORDS: Final = {
    "flapping": "时好时坏，须连续 {hours} 小时未再检出方可销号",
    "nobody_asked": "未经申请的复查称未再检出，该来源未曾检出此问题，仅记录，不作销号依据",
    "producer_closes_too_many": "该巡检方近来称已消除的过多，疑似采集异常，其复查仅记录，不作销号依据",
}
RULES: Final = {"flapping": "C-32", "nobody_asked": "C-50", "producer_closes_too_many": "C-45"}


def suffices(changes: Changes, problem: Problem, evidence_at: datetime, proof: Proof) -> bool:
    """Whether a problem counts as gone by this proof; where it does not yet, the observation is noted (C-32)."""
    if problem.gone_by_json is None or isinstance(proof, CountProof | PersonProof) or _is_accepted(proof):
        return True
    quiet = timedelta(hours=changes.policy.limits.flapping.absent_hours)
    if flapping(changes, problem, problem.last_seen_at) is None or evidence_at >= problem.last_seen_at + quiet:
        return True
    known = still_noted(problem)
    kept = lasting(problem.gone_by_json)._replace(absent=_with(known, proof))
    problem = problem._replace(gone_by_json=write(kept))
    changes.put_problem(problem)
    if not known:
        say_noted(changes, problem, "flapping", proof)
    return False


def _is_accepted(proof: Observation) -> bool:
    return isinstance(proof, RunProof) and bool(proof.accepted_by)


def say_noted(changes: Changes, problem: Problem, lacking: str, proof: Observation) -> None:
    """Absence that proves nothing yet, or at all."""
    words = _WORDS[lacking].format(hours=changes.policy.limits.flapping.absent_hours)
    changes.event(
        "absence_noted",
        RULES[lacking],
        lacking,
        words,
        changes.tickets[problem.ticket_pk],
        dedup_key=f"{problem.fingerprint}\x1f{proof.observed_at}",
        fingerprint=problem.fingerprint,
        locator=problem.locator,
        proof=published(proof),
    )


def still_noted(problem: Problem) -> tuple[Observation, ...]:
    """The noted absence of an open problem that no sighting has overtaken, oldest first (C-31)."""
    end = read(problem.gone_by_json)
    return tuple(one for one in end.absent if one.at >= problem.last_seen_at) if isinstance(end, Noted) else ()


def came_back(changes: Changes, problem: Problem, seen_at: datetime) -> str | None:
    """What a problem keeps that is seen again after it was gone (C-32)."""
    kept = lasting(problem.gone_by_json)
    times = (*kept.back, seen_at.isoformat())
    return write(kept._replace(back=times[-changes.policy.limits.flapping.times - 2 :]))


def flapping(changes: Changes, problem: Problem, seen_at: datetime) -> int | None:
    """How often a problem that is back has come back, where that is more than the policy's limit; otherwise None."""
    limit = changes.policy.limits.flapping
    since = seen_at - timedelta(days=limit.days)
    times = sum(datetime.fromisoformat(back) >= since for back in lasting(problem.gone_by_json).back)
    return times if times > limit.times else None


def is_told(changes: Changes, times: int | None) -> bool:
    """Whether people hear of this return: a flapping problem is told of once (C-32)."""
    return times is None or times == changes.policy.limits.flapping.times + 1


def _with(known: Sequence[Observation], proof: Observation) -> tuple[Observation, ...]:
    """Noted observations with this one, by time; of those that come too many the first and the latest stay."""
    others = [one for one in known if (one.observed_at, one.source) != (proof.observed_at, proof.source)]
    noted = sorted([*others, proof], key=lambda one: (one.at, one.source or ""))
    return tuple(noted if len(noted) <= NOTED else [noted[0], *noted[1 - NOTED :]])
