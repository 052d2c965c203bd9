"""Who has seen a problem, and in which runs: the small memory behind coverage and "once per run" (rules D-5, R-2).

Kept as JSON text `{"<source>": ["<latest run_id>", ...]}`. The functions are cached: a run reports thousands of
problems whose memory is the same text. The names in it are the producers' own, so long texts are not kept.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import orjson

from streams.rules.records import Problem

DERIVER: Final = "rectify:derived"  # the source of what is counted here (rule V-2)

RUNS_PER_SOURCE: Final = 3
SOURCES: Final = 16
RUNS_SAID: Final = 8
_SHORT: Final = 384  # characters; a cache of longer texts is as large as producers like, gigabytes
_NEW_CLOCK: Final = ""  # no run's key: it stands in the list where the ticket was reopened


def with_run(seen_by_json: str, source: str, run_id: str) -> str:
    """The memory with this source's run in front."""
    return (_with_run if len(seen_by_json) < _SHORT else _with_run.__wrapped__)(seen_by_json, source, run_id)


@lru_cache(maxsize=1_024)
def _with_run(seen_by_json: str, source: str, run_id: str) -> str:
    seen: dict[str, list[str]] = orjson.loads(seen_by_json)
    runs = seen.pop(source, [])
    kept = [run for run in runs if run != run_id]
    seen[source] = ([run_id, *kept] if run_id else kept)[:RUNS_PER_SOURCE]
    while len(seen) > SOURCES:
        del seen[next(iter(seen))]
    return orjson.dumps(seen).decode()


def with_all_runs(seen_by_json: str, other_json: str) -> str:
    """The memory with what another one knows (rule D-14)."""
    seen: dict[str, list[str]] = orjson.loads(seen_by_json)
    for source, runs in orjson.loads(other_json).items():
        seen[source] = list(dict.fromkeys((*seen.get(source, ()), *runs)))[:RUNS_PER_SOURCE]
    return orjson.dumps(dict(list(seen.items())[-SOURCES:])).decode()


def was_seen(seen_by_json: str, source: str, run_id: str) -> bool:
    """Whether this run of this source has reported it."""
    return (_was_seen if len(seen_by_json) < _SHORT else _was_seen.__wrapped__)(seen_by_json, source, run_id)


@lru_cache(maxsize=1_024)
def _was_seen(seen_by_json: str, source: str, run_id: str) -> bool:
    return run_id in orjson.loads(seen_by_json).get(source, ())


def sources(seen_by_json: str) -> tuple[str, ...]:
    """Every source that has reported it."""
    return (_sources if len(seen_by_json) < _SHORT else _sources.__wrapped__)(seen_by_json)


@lru_cache(maxsize=1_024)
def _sources(seen_by_json: str) -> tuple[str, ...]:
    return tuple(orjson.loads(seen_by_json))


def is_derived(seen_by_json: str) -> bool:
    """Whether the problem is one that is counted here, so that only the count proves it gone (rule V-3)."""
    return DERIVER in seen_by_json and DERIVER in sources(seen_by_json)


def said(seen_runs_json: str, run: str) -> str | None:
    """The ticket's list of runs that were said to have seen it again, with this run; None when it is in it already."""
    return (_said if len(seen_runs_json) < _SHORT else _said.__wrapped__)(seen_runs_json, run)


@lru_cache(maxsize=1_024)
def _said(seen_runs_json: str, run: str) -> str | None:
    runs: list[str] = orjson.loads(seen_runs_json)
    if run in runs:
        return None
    return orjson.dumps([run, *runs][:RUNS_SAID]).decode()


def seen_first(run: str | None) -> str:
    """The list of a new ticket: the run that opened it, if it was one."""
    return orjson.dumps([run] if run else []).decode()


def rounds(seen_runs_json: str) -> int:
    """How many runs have seen it since its clock began; those remembered, at most."""
    runs: list[str] = orjson.loads(seen_runs_json)
    return runs.index(_NEW_CLOCK) if _NEW_CLOCK in runs else len(runs)


def with_new_clock(seen_runs_json: str) -> str:
    """The list for a ticket that is reopened: the runs are still known, and rounds are counted anew."""
    runs: list[str] = orjson.loads(seen_runs_json)
    return orjson.dumps([_NEW_CLOCK, *(run for run in runs if run != _NEW_CLOCK)][:RUNS_SAID]).decode()


def run_key(source: str, run_id: str) -> str:
    """One text for a source's run."""
    return f"{source}\t{run_id}"


def says_else(old: Problem, new: Problem) -> bool:
    """Whether the evidence has changed; the other facts (the run, say) do not count."""
    if old.facts_json == new.facts_json:
        return False
    return bool(orjson.loads(old.facts_json)["evidence"] != orjson.loads(new.facts_json)["evidence"])
