"""Held runs: a supervisor's answer to a run that would close too many (rules K-20, K-21, C-4)."""

from __future__ import annotations

from schemas.command import Command
from streams.rules.draft import Draft
from streams.rules.runs import run_of


def judge(draft: Draft, message: Command) -> str | None:
    """K-20 采信, K-21 不采信: the answer to a held run (C-4)."""
    asset = draft.assets[message.asset_id]
    run = run_of(draft, asset.pk, message.source or "", message.run_id or "")
    if run.state != "held":
        return "run_not_held"
    accepted = message.action == "accept_run"
    draft.put_run(
        run._replace(
            state="accepted" if accepted else "rejected",
            settle_at=draft.now.real if accepted else None,
            accepted_by=message.by if accepted else None,
        )
    )
    draft.event(
        "run_accepted" if accepted else "run_rejected",
        "K-20" if accepted else "K-21",
        message.action,
        f"{asset.name}：待核巡检{'予以采信' if accepted else '不予采信'}",
        asset=asset,
        of=f"{run.source}\x1f{run.run_id}",
        source=run.source,
        run_id=run.run_id,
        said=message.reason,
    )
    return None
