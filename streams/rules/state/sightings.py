"""Who has seen a problem, and in which runs: the small memory behind coverage and "once per run" (rules D-5, R-2).

Kept as JSON text `{"<source>": ["<latest run_id>", ...]}`, of each source the latest 8 runs. Where more are forgotten,
the hour in which that happened stands behind them, so that nobody takes forgetting for not having seen (C-49). The
functions are cached: a run reports thousands of problems whose memory is the same text. The names in it are the
producers' own, so long texts are not kept.

C-49  A run never proves absent what it has itself reported, however many run at once. Of a run that a problem may have
      forgotten (it began before the forgetting) only time can say that it has not seen it: the problem was last seen
      before the first finding of that run.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final

import orjson

from streams.rules.state.records import Problem, RunRecord

_RUN: Final = ',"run_id":'
DERIVER: Final = "rectify:derived"  # the source of what is counted here (rule V-2)

RUNS_PER_SOURCE: Final = 8
SOURCES: Final = 16
_SHORT: Final = 384  # characters; a cache of longer texts is as large as producers like, gigabytes
_OTHERS: Final = "\0"  # no source's name: what stands there is when others were forgotten


def with_run(seen_by_json: str, source: str, run_id: str, hour: int) -> str:
    """The memory with this source's run in front; `hour`: of real time, kept where something is forgotten for it."""
    return (_with_run if len(seen_by_json) < _SHORT else _with_run.__wrapped__)(seen_by_json, source, run_id, hour)


@lru_cache(maxsize=1_024)
def _with_run(seen_by_json: str, source: str, run_id: str, hour: int) -> str:
    seen: dict[str, list[str | int]] = orjson.loads(seen_by_json)
    runs = seen.pop(source, [])
    since = [runs.pop()] if runs and isinstance(runs[-1], int) else []
    if run_id:
        runs = [run_id, *(run for run in runs if run != run_id)]
    seen[source] = [*runs[:RUNS_PER_SOURCE], *([hour] if len(runs) > RUNS_PER_SOURCE else since)]
    return orjson.dumps(_of_few(seen, hour)).decode()


def with_all_runs(seen_by_json: str, other_json: str, hour: int) -> str:
    """The memory with what another one knows (rule D-14); that something is forgotten stays known (C-49)."""
    seen: dict[str, list[str | int]] = orjson.loads(seen_by_json)
    others: dict[str, list[str | int]] = orjson.loads(other_json)
    for source, more in others.items():
        both = [*seen.get(source, ()), *more]
        runs = list(dict.fromkeys(run for run in both if isinstance(run, str)))
        since = [moment for moment in both if isinstance(moment, int)] + [hour] * (len(runs) > RUNS_PER_SOURCE)
        seen[source] = [*runs[:RUNS_PER_SOURCE], *([max(since)] if since else [])]
    return orjson.dumps(_of_few(seen, hour)).decode()


def _of_few(seen: dict[str, list[str | int]], hour: int) -> dict[str, list[str | int]]:
    """Of too many sources the latest, and when others were forgotten."""
    while len(seen) > SOURCES + (_OTHERS in seen):
        del seen[next(one for one in seen if one != _OTHERS)]
        seen[_OTHERS] = [hour]
    return seen


def was_seen(seen_by_json: str, source: str, run_id: str) -> bool:
    """Whether this run of this source is known to have reported it."""
    return (_was_seen if len(seen_by_json) < _SHORT else _was_seen.__wrapped__)(seen_by_json, source, run_id)


@lru_cache(maxsize=1_024)
def _was_seen(seen_by_json: str, source: str, run_id: str) -> bool:
    return run_id in orjson.loads(seen_by_json).get(source, ())


def may_have_seen(problem: Problem, run: RunRecord) -> bool:
    """Whether this run has reported the problem, or may have and is forgotten (C-49)."""
    if was_seen(problem.seen_by_json, run.source, run.run_id):
        return True
    if not run.counted:
        return False
    seen: dict[str, list[str | int]] = orjson.loads(problem.seen_by_json)
    runs = seen.get(run.source) or seen.get(_OTHERS)
    if not runs or not isinstance(runs[-1], int):
        return False  # nothing is forgotten
    if run.begun_at is not None and hour_of(run.begun_at) > runs[-1] + 1:  # clocks may differ, by less than that
        return False
    return run.first_seen_at is None or problem.last_seen_at >= run.first_seen_at


def hour_of(moment: datetime) -> int:
    """The hour, as the memory keeps it."""
    return int(moment.timestamp()) // 3_600


def sources(seen_by_json: str) -> tuple[str, ...]:
    """Every source that has reported it."""
    return (_sources if len(seen_by_json) < _SHORT else _sources.__wrapped__)(seen_by_json)


@lru_cache(maxsize=1_024)
def _sources(seen_by_json: str) -> tuple[str, ...]:
    return tuple(reporters(seen_by_json))


def reporters(seen_by_json: str) -> dict[str, list[str]]:
    """Every source that has reported it, with its latest runs, for people."""
    seen: dict[str, list[str | int]] = orjson.loads(seen_by_json)
    return {source: [run for run in runs if isinstance(run, str)] for source, runs in seen.items() if source != _OTHERS}


def is_derived(seen_by_json: str) -> bool:
    """Whether the problem is one that is counted here, so that only the count proves it gone (rule V-3)."""
    return DERIVER in sources(seen_by_json)


def has_same_evidence(one_json: str, other_json: str) -> bool:
    """Whether two facts plainly differ in the run at most, without reading them; where that is not plain: no."""
    if one_json == other_json:
        return True
    one, _, run_id = one_json.rpartition(_RUN)
    other, _, other_id = other_json.rpartition(_RUN)
    return one == other and one != "" and _ends_there(run_id) and _ends_there(other_id)


def _ends_there(rest: str) -> bool:
    """Whether the run is the last field of the facts, not one of something within them."""
    return rest.endswith('"}') and rest.count("}") == 1


def says_else(old: Problem, new: Problem) -> bool:
    """Whether the evidence has changed; the other facts (the run, say) do not count."""
    if old.facts_json == new.facts_json or has_same_evidence(old.whole_facts, new.whole_facts):
        return False
    return bool(old.facts["evidence"] != new.facts["evidence"])
