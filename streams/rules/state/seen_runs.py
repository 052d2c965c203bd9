"""Which runs have seen an open ticket's problems: behind "once per run" and lines in rounds (rules T-3, M-4).

Kept as JSON text of the ticket, a list of keys, the latest first, 8 at most; only this file reads and writes it. An
empty text stands between the runs since the latest reopening and those before it. What a sighting calls is cached: a
run reports thousands of problems. The names in it are the producers' own, so long texts are not kept.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import orjson

KEPT: Final = 8
_SHORT: Final = 384  # characters; a cache of longer texts is as large as producers like, gigabytes
_REOPENED: Final = ""  # no run's key


class SeenRuns(NamedTuple):
    """Keys of runs, the latest first."""

    since: tuple[str, ...] = ()  # the ticket's clock began: its opening or latest reopening
    before: tuple[str, ...] = ()


def read(seen_runs_json: str) -> SeenRuns:
    """What a ticket's `seen_runs_json` says."""
    runs: list[str] = orjson.loads(seen_runs_json)
    if _REOPENED not in runs:
        return SeenRuns(tuple(runs))
    place = runs.index(_REOPENED)
    return SeenRuns(tuple(runs[:place]), tuple(runs[place + 1 :]))


def write(seen: SeenRuns) -> str:
    """The same as `seen_runs_json`; what is too much is forgotten."""
    runs = [*seen.since, _REOPENED, *seen.before] if seen.before else [*seen.since]
    return orjson.dumps(runs[:KEPT]).decode()


def with_run(seen_runs_json: str, run: str) -> str | None:
    """With this run in front; None when it is in it already."""
    return (_with_run if len(seen_runs_json) < _SHORT else _with_run.__wrapped__)(seen_runs_json, run)


@lru_cache(maxsize=1_024)
def _with_run(seen_runs_json: str, run: str) -> str | None:
    seen = read(seen_runs_json)
    if run in seen.since or run in seen.before:
        return None
    return write(seen._replace(since=(run, *seen.since)))


def rounds(seen_runs_json: str) -> int:
    """How many runs have seen it since its clock began; those remembered, at most."""
    return len(read(seen_runs_json).since)


def reopened(seen_runs_json: str) -> str:
    """For a ticket that is reopened: the runs are still known, and rounds are counted anew."""
    seen = read(seen_runs_json)
    return write(SeenRuns(before=(*seen.since, *seen.before)))


def run_key(source: str, run_id: str) -> str:
    """One text for a source's run."""
    return f"{source}\t{run_id}"
