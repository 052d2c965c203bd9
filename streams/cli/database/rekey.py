"""`rectify db rekey`: problems take the fingerprints of today, all at once (rule D-14)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Annotated, Final

import typer

from schemas.policy import Policy
from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import run
from streams.clock import parse_clock
from streams.files.policy.loading import load_policy
from streams.ledger import Conflict, Ledger
from streams.services.connections import topics_of
from streams.services.ledgers import reading_ledger
from streams.settings.model import Settings

PAUSE_SECONDS: Final = 0.02  # between two transactions, so that a SQLite worker gets its turn


def rekey(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只统计，不改动 · only count, change nothing")] = False,
    as_json: JsonFlag = False,
) -> None:
    """按现行规则重新生成问题指纹，整改单、计数、证明随之沿用。 Carry problems over to the fingerprints of today.

    升级后或修改 `places` 后使用。 After an upgrade or a change of a pack's `places`; safe to repeat, and beside running
    workers.
    """
    from streams.worker.rekeying import foreseen  # structlog

    settings = Settings.load()
    policy = load_policy(settings.policy)

    async def work() -> Counter[str]:
        async with reading_ledger(settings) as ledger:
            return await foreseen(ledger, policy) if dry_run else await _carry(ledger, policy, settings)

    done = run(work())
    if as_json:
        print_json({"dry_run": dry_run, "carried": done["carried"], "merged": done["merged"]})
        return
    will = "将" if dry_run else "已"
    say(f"{will}沿用 · carried over {done['carried']}，{will}并入 · merged {done['merged']}")


async def _carry(ledger: Ledger, policy: Policy, settings: Settings) -> Counter[str]:
    from streams.worker.rekeying import page  # structlog

    done: Counter[str] = Counter()
    clock, topics = parse_clock(settings.clock), topics_of(settings)
    after: int | None = 0
    while after is not None:
        try:
            async with ledger.transaction() as tx:
                registry = await tx.registry.load(settings.zone)
                step = await page(tx, after, registry, policy, topics, clock.now())
        except Conflict:
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        done += step.result.outcomes
        after = step.after
        await asyncio.sleep(PAUSE_SECONDS if step.chunks else 0)
    return done
