"""Readiness: whether this worker makes progress. SMTP and SMS do not count; a worker survives their absence."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

UNREACHABLE_SECONDS: Final = 10.0
STUCK_SECONDS: Final = 60.0
PROBE_SECONDS: Final = 2.0


class Identity(NamedTuple):
    """Whose worker this is; whoever finds another installation's at its address can tell."""

    group_id: str
    topic_prefix: str
    cluster_id: str


class Check(NamedTuple):
    """One condition, and what is wrong with it."""

    ok: bool
    detail: str


class Health:
    """`broker` and `database` are asked every 2 seconds by `watch()`; the others are read when somebody asks."""

    def __init__(
        self,
        *,
        in_group: Callable[[], bool],
        broker: Callable[[], Awaitable[bool]],
        database: Callable[[], Awaitable[bool]],
        oldest_batch_seconds: Callable[[], float],
        identity: Identity,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`oldest_batch_seconds`: for how long the oldest batch has not been committed; 0 without one."""
        self.identity = identity
        self._in_group = in_group
        self._probes = {"broker": broker, "database": database}
        self._answered: dict[str, float] = {}
        self._oldest_batch_seconds = oldest_batch_seconds
        self._clock = clock

    async def watch(self) -> None:
        """Asks until cancelled."""
        while True:
            await self.probe()
            await asyncio.sleep(PROBE_SECONDS)

    async def probe(self) -> None:
        """Asks broker and database once."""
        await asyncio.gather(*(self._ask(name, probe) for name, probe in self._probes.items()))

    async def _ask(self, name: str, probe: Callable[[], Awaitable[bool]]) -> None:
        try:
            async with asyncio.timeout(UNREACHABLE_SECONDS):
                answered = await probe()
        except Exception:  # noqa: BLE001 - whatever it is, it is no answer
            return
        if answered:
            self._answered[name] = self._clock()

    def checks(self) -> dict[str, Check]:
        """Every condition of readiness."""
        joined, oldest = self._in_group(), self._oldest_batch_seconds()
        return {
            "group": Check(joined, "" if joined else "not in the consumer group (starting or rebalancing)"),
            **{name: self._reachable(name) for name in self._probes},
            "progress": Check(
                oldest < STUCK_SECONDS,
                "" if oldest < STUCK_SECONDS else f"a batch waits for its commit for {oldest:.0f} s",
            ),
        }

    def _reachable(self, name: str) -> Check:
        answered = self._answered.get(name)
        if answered is None:
            return Check(ok=False, detail=f"the {name} has not answered yet")
        age = self._clock() - answered
        return Check(age < UNREACHABLE_SECONDS, "" if age < UNREACHABLE_SECONDS else f"no answer for {age:.0f} s")
