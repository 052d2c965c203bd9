"""Sizes of runs: a run that looked at far fewer pages than usual is not believed at once (rule R-21).

R-21 A `complete` run that says on how many `pages` it looked, far fewer than the median of the last runs of its source
     over the asset and the same checks, and that would close something, is held (C-4). Such a run is not remembered,
     so a crawler that stays broken does not become the usual; one that is accepted is the new usual.
The findings of a run are no such measure: fewer of them are what rectifying is for, and C-4 looks at them problem by
problem. Runs that name their places, or those that they missed, say themselves what they have looked at.
"""

from __future__ import annotations

from hashlib import blake2b
from statistics import median
from typing import Final

import orjson

from schemas.run import Run
from streams.rules.state.changes import Changes
from streams.rules.state.records import AssetRecord
from streams.rules.state.text import to_json

KEPT: Final = 20  # kinds of runs (source and checks) that are remembered of an asset


def shrunken(changes: Changes, asset: AssetRecord, run: Run) -> bool:
    """Whether the run looked at far fewer pages than its last ones."""
    limit = changes.policy.limits.shrunken
    if not _is_measured(run) or run.pages is None:
        return False
    last = _sizes(asset).get(_kind(run), [])[-limit.runs :]
    if len(last) < limit.least_runs:
        return False
    usual = median(last)
    return run.pages < limit.share * usual and usual - run.pages >= limit.pages


def remember(changes: Changes, asset_pk: int, run: Run, *, accepted: bool) -> None:
    """A run that was believed belongs to the usual; one that a held run's answer let pass begins it anew."""
    asset = changes.asset_by_pk[asset_pk]
    if not _is_measured(run) or run.pages is None or (not accepted and shrunken(changes, asset, run)):
        return
    limit, sizes, kind = changes.policy.limits.shrunken, _sizes(asset), _kind(run)
    last = [run.pages] * limit.least_runs if accepted else [*sizes.pop(kind, []), run.pages][-limit.runs :]
    sizes.pop(kind, None)
    kept = [*sizes.items(), (kind, last)][-KEPT:]
    changes.put_asset(asset._replace(run_pages_json=to_json(dict(kept))))


def _is_measured(run: Run) -> bool:
    return run.status == "complete" and run.locators is None and not run.missed


def _kind(run: Run) -> str:
    cause = "\x1f".join([run.source, *sorted(set(run.checks))])
    return blake2b(cause.encode(), digest_size=8).hexdigest()


def _sizes(asset: AssetRecord) -> dict[str, list[int]]:
    sizes: dict[str, list[int]] = orjson.loads(asset.run_pages_json or "{}")
    return sizes
