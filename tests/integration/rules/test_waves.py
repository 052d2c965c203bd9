"""Generated histories of many places at once: found, gone, found again weeks later, in every order and by anybody.

After every step each row of the ledger is loaded by each way of due work and decided. More:
`RECTIFY_TEST_HISTORIES=200 pytest tests/integration/rules/test_waves.py`; from another number: `RECTIFY_TEST_SEED=...`.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from streams.ledger import Ledger
from streams.ledger.reading.invariants import violations_of
from tests.support.every_row import decide_every_row
from tests.support.loop_on_ledger import forget
from tests.support.processors import TOPICS, ProcessorOnLedger, StillClock

HISTORIES = int(os.environ.get("RECTIFY_TEST_HISTORIES", "6"))
SEED = int(os.environ.get("RECTIFY_TEST_SEED", "1"))
STEPS = 14
PLACES = 56  # more than a ticket's document shows, and than one run may find apart
CHECKS = ("column.stale", "link.dead")  # what is certain at once, and what may be a bad moment
SOURCES = ("one", "two")


class Waves:
    """One asset, on which many places come and go together."""

    def __init__(self, ledger: Ledger, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.clock = StillClock("2026-03-02 10:00")
        self.ledger = ledger
        self.processor = ProcessorOnLedger(ledger, self.clock)
        self.processor.relay._queue._maxsize = 10_000  # type: ignore[attr-defined]  # nobody publishes here
        self.check = self.chance.choice(CHECKS)
        self.runs = self.acts = self.sent = 0
        self.seen: Counter[str] = Counter()

    def _finding(self, place: int, source: str, run: str | None, ago: timedelta) -> dict[str, Any]:
        self.sent += 1
        said: dict[str, Any] = {
            "asset_id": "a",
            "check": self.check,
            "locator": f"https://a.gov.cn/{place}",
            "observed_at": (self.clock.at - ago).isoformat(),
            "source": source,
            "evidence": {"http_status": 503},
        }
        return said if run is None else {**said, "run_id": run}

    async def found(self) -> None:
        """A run finds all places, or most of them."""
        self.runs += 1
        source = self.chance.choice(SOURCES)
        some = self.chance.sample(range(PLACES), self.chance.choice((PLACES, PLACES, PLACES - 3)))
        ago = timedelta(days=self.chance.choice((0, 0, 40)))
        await self.processor.send(*(self._finding(place, source, f"r{self.runs}", ago) for place in some))

    async def seen_once(self) -> None:
        """One place, without a run, perhaps said late."""
        source, ago = self.chance.choice(SOURCES), timedelta(days=self.chance.choice((0, 35, 70)))
        await self.processor.send(self._finding(self.chance.randrange(PLACES), source, None, ago))

    def _looked(self, source: str, at: str, places: list[str]) -> dict[str, Any]:
        return {
            "type": "run", "asset_id": "a", "run_id": f"r{self.runs}", "source": source, "status": "complete",
            "started_at": at, "finished_at": at, "checks": [self.check], "found": 0, "locators": places,
        }  # fmt: skip

    async def gone(self) -> None:
        """Runs that name their places find nothing, and are judged; too few places each for a brake."""
        source, at = self.chance.choice(SOURCES), self.clock.at.isoformat()
        for part in range(0, PLACES, 14):
            self.runs += 1
            places = [f"https://a.gov.cn/{place}" for place in range(part, part + 14)]
            await self.processor.send(self._looked(source, at, places))
            await self.waited()

    async def acted(self) -> None:
        """A person acts on one of the tickets."""
        tickets = list(self.processor.tickets())
        if tickets:
            self.acts += 1
            action = self.chance.choice(("close", "reopen", "dismiss", "claim_fix", "acknowledge"))
            more = {"measures": "已改"} if action == "claim_fix" else {}
            await self.processor.command(
                action=action, asset_id="a", ticket_id=self.chance.choice(tickets), reason="核实",
                command_id=f"c{self.acts}", **more,
            )  # fmt: skip

    async def waited(self) -> None:
        """Half a minute: runs are judged, counters published, and what is due is done."""
        self.clock.real += timedelta(seconds=31)
        while await self.processor.watch.once():
            self.processor.published(TOPICS.events)

    async def passed(self) -> None:
        """Minutes or weeks."""
        step = self.chance.choice((timedelta(minutes=12), timedelta(days=3), timedelta(days=45)))
        self.clock.at += step
        self.clock.real += timedelta(seconds=1)

    async def look(self) -> None:
        """Everything can be loaded and decided; nothing is set aside, contradicts itself, or was counted twice."""
        await decide_every_row(self.ledger, self.processor.processor)
        async with self.ledger.transaction() as tx:
            assert await tx.set_aside.all() == []
            ((counted,),) = await tx._session.rows(
                "select coalesce(sum(count), 0) from problems where check_code = ?", self.check
            )
            ((ghosts,),) = await tx._session.rows(
                "select count(*) from tickets where problem_count > 50 and not exists "
                "(select 1 from problems where ticket_pk = tickets.pk and current)"
            )
        assert counted == self.sent
        assert await violations_of(self.ledger._connector) == []
        self.seen["ghosts"] += int(ghosts > 0)

    async def play(self) -> None:
        """Some steps; the first ones are those without which the others mean little."""
        steps = [self.found, self.found, self.gone, self.passed, self.found, self.seen_once, self.acted, self.waited]
        story = [self.found, self.gone, self.passed] if self.chance.random() < 0.7 else []
        for step in [*story, *self.chance.choices(steps, k=STEPS)]:
            await step()
            await self.look()


@pytest.mark.on_sqlite("histories; those of test_histories are on both databases")
@pytest.mark.timeout(36_000)
async def test_every_row_can_be_decided_at_any_time(ledger: Ledger) -> None:
    """On both databases; and the histories do come to large tickets of which no place is left."""
    seen: Counter[str] = Counter()
    for seed in range(SEED, SEED + HISTORIES):
        await forget(ledger)
        waves = Waves(ledger, seed)
        try:
            await waves.play()
        except BaseException as error:
            error.add_note(f"history {seed}")
            raise
        seen += waves.seen
    assert seen["ghosts"] > 0
