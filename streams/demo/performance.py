"""One performance: the worker, the topic reader, the teller and the director at work together, until the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any, Final, NamedTuple

from streams.demo.director import Director
from streams.demo.notices import notices
from streams.demo.pace import Pace
from streams.demo.registry import records
from streams.demo.scenario import END, cues
from streams.demo.stage import DemoStage, Say
from streams.demo.teller import Teller
from streams.demo.topic_reader import Reading

_STOP_WITHIN: Final = 15.0  # real seconds; a worker finishes what it has in hand


class Played(NamedTuple):
    """How long it took, in real seconds."""

    seconds: float
    waited: float  # part of them: the worker was behind, and the clock stood


async def perform(stage: DemoStage, reading: Reading, teller: Teller, say: Say) -> Played:
    """Plays the scenario; afterwards the worker has stopped and all is read."""
    async with _working(stage, reading, teller) as others:
        director = Director(stage.clock, stage.publisher, stage.topics, teller.topic_reader, teller.story.chapter)
        registry = records(notices())
        await director.register(registry)
        units = sum(key.startswith("unit:") for key, _ in registry)
        assets = sum(key.startswith("asset:") for key, _ in registry)
        await stage.until_registered(units, assets)
        say(f"已登记 {units} 个单位、{assets} 个网站和账号；时钟加快 {stage.rate:,.0f} 倍 · registered, the clock runs")
        stage.raise_curtain()
        began = monotonic()
        pace = Pace(stage.clock, stage.worker.ledger, stage.topics, director.published)
        keeping = asyncio.create_task(pace.keep(), name="pace")
        await _unless_ended(director.play(cues(), END), [*others, keeping])
        seconds = monotonic() - began
        keeping.cancel()
        await stage.gateway.settle()
    await reading.to_the_end()
    teller.tell(everything=True)
    return Played(seconds, pace.waited)


@asynccontextmanager
async def _working(stage: DemoStage, reading: Reading, teller: Teller) -> AsyncIterator[list[asyncio.Task[None]]]:
    """The worker, the reading and the telling; the worker ends in order, even when we are interrupted."""
    worker = asyncio.create_task(stage.worker.run(), name="worker")
    others = [
        asyncio.create_task(reading.follow(), name="topic reader"),
        asyncio.create_task(teller.run(), name="teller"),
    ]
    try:
        yield [worker, *others]
    finally:
        stage.worker.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_WITHIN):
                await worker
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


async def _unless_ended(play: Coroutine[Any, Any, None], others: list[asyncio.Task[None]]) -> None:
    """Plays; if one of the others ends before, its error is ours."""
    playing = asyncio.create_task(play, name="director")
    try:
        await asyncio.wait([playing, *others], return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            if task.done():
                await task
        await playing
    finally:
        playing.cancel()
