"""A run is judged by what it may close and a count of the rest, as if the whole asset were at hand (C-3, C-4, C-45)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from streams.ledger import Ledger
from streams.rules.decide import Result, decide
from streams.rules.state.inputs import JudgeRun
from tests.support.processors import ProcessorOnLedger, StillClock
from tests.support.world import local

ALL = -1  # so that every asset is loaded whole
BEGAN = local("2026-03-03 10:00")
ASSETS = ("site", "other")


def finding(random: Random, place: int, run_id: str, source: str = "crawler") -> dict[str, Any]:
    """One place, now and then of a cause that it shares with others; its run may have begun before or after others."""
    return {
        "asset_id": random.choice(ASSETS), "check": random.choice(("text.typo", "link.dead")), "locator": f"/{place}",
        "source": source, "run_id": run_id, "cause": random.choice((None, None, None, None, "footer")),
        "observed_at": (BEGAN + timedelta(minutes=random.randint(-90, 90))).isoformat(),
    }  # fmt: skip


async def history(processor: ProcessorOnLedger, random: Random, places: int, later: int) -> None:
    """Runs of two producers see some of it, the later ones so much; something is claimed, something acknowledged."""
    for run_id, source in (("r1", "crawler"), ("r2", "crawler"), ("p1", "probe")):
        number = 2 * places if run_id == "r1" else later
        seen = [finding(random, random.randrange(places), run_id, source) for _ in range(number)]
        await processor.send(*seen)
        for ticket_id, ticket in processor.tickets().items():
            if random.random() < 0.3:
                await processor.command(
                    action=random.choice(("claim_fix", "acknowledge")), asset_id=ticket["asset_id"],
                    ticket_id=ticket_id, command_id=f"{run_id}-{ticket_id}", measures="已改正",
                )  # fmt: skip
                processor.published("")
    for asset_id in ASSETS:
        for run_id, source in (("r2", "crawler"), ("p1", "probe")):
            began = BEGAN + timedelta(minutes=random.randint(-60, 60))
            await processor.send(
                {
                    "type": "run", "asset_id": asset_id, "source": source, "run_id": run_id, "status": "complete",
                    "checks": ["text.typo", "link.dead"], "started_at": began.isoformat(),
                    "finished_at": (BEGAN + timedelta(hours=2)).isoformat(),
                }
            )  # fmt: skip


async def judged(processor: ProcessorOnLedger, brake: int, *, alone: bool) -> list[Result]:
    """What the due runs decide, each alone or one after the other; nothing of it is kept."""
    now = processor.clock.now()
    async with processor.ledger.transaction() as tx:
        keys, snapshot = await tx.due.runs(now.real, 10, processor.processor.registry, brake=brake)
        batches = [[JudgeRun(*key)] for key in keys] if alone else [[JudgeRun(*key) for key in keys]]
        policy, topics = processor.processor.policy, processor.processor.topics
        return [decide(snapshot, batch, now, policy, topics) for batch in batches]


@pytest.mark.parametrize(("places", "later", "ends"), [(6, 40, "settled"), (20, 60, "settled"), (160, 10, "held")])
async def test_nothing_is_decided_otherwise(ledger: Ledger, places: int, later: int, ends: str) -> None:
    """Whatever was seen when, claimed or of one cause: the same changes, events and standings, alone and together."""
    reached: Counter[str] = Counter()
    random = Random(places)  # noqa: S311 - of the same each time
    clock = StillClock("2026-03-03 12:30")
    processor = ProcessorOnLedger(ledger, clock)
    await history(processor, random, places, later)
    clock.real += timedelta(minutes=10)
    for alone in (True, False):
        whole = await judged(processor, ALL, alone=alone)
        narrow = await judged(processor, processor.processor.policy.limits.brake.problems, alone=alone)
        assert [(one.outcomes, one.change_set) for one in narrow] == [(one.outcomes, one.change_set) for one in whole]
        for result in narrow:
            reached += result.outcomes
            reached["staked"] += sum(one.staked - one.absent for one in result.change_set.standings)
    assert reached[f"run_{ends}"]
    assert reached["staked"]
