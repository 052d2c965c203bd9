"""One performance: worker, topic reader, contacts, teller and director at work together, until the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any, Final, NamedTuple

import httpx

from streams.demo.contacts import Contacts, PageVisit
from streams.demo.director import Director
from streams.demo.notices import items, notices
from streams.demo.pace import Pace
from streams.demo.registry import duty_addresses, records
from streams.demo.scenario import END, SHOWN, cues
from streams.demo.stage import DemoStage, Say
from streams.demo.teller import Teller
from streams.demo.topic_reader import Reading
from streams.local.mail_catcher import CaughtMail

_ANSWERED_WITHIN: Final = 20.0  # real seconds, of the pages
_STOP_WITHIN: Final = 15.0  # real seconds; a worker finishes what it has in hand


class Played(NamedTuple):
    """How long it took, in real seconds, and what was done on pages."""

    seconds: float
    waited: float  # part of them: the worker was behind, and the clock stood
    visits: list[PageVisit]


async def perform(stage: DemoStage, reading: Reading, teller: Teller, say: Say) -> Played:
    """Plays the scenario; afterwards the worker has stopped and all is read."""
    async with (
        httpx.AsyncClient(trust_env=False, timeout=_ANSWERED_WITHIN) as client,
        _working(stage, reading, teller) as others,
    ):
        registry = records(notices())
        acting = {item.asset_id for item in items() if any(item.fate.by_link(act) for act in item.fate.acts)}
        contacts = Contacts(
            stage.catcher, stage.pages_url, duty_addresses(registry, acting), stage.clock, client,
            opened=_Invitation(say), tell=teller.visited,
        )  # fmt: skip
        director = Director(
            stage.clock, stage.publisher, stage.topics, teller.topic_reader, contacts, teller.story.chapter
        )
        await director.register(registry)
        units = sum(key.startswith("unit:") for key, _ in registry)
        assets = sum(key.startswith("asset:") for key, _ in registry)
        await stage.until_registered(units, assets)
        say(f"已登记 {units} 个单位、{assets} 个网站和账号；时钟加快 {stage.rate:,.0f} 倍 · registered, the clock runs")
        stage.raise_curtain()
        began = monotonic()
        pace = Pace(stage.clock, stage.worker.ledger, stage.topics, director.published)
        aside = [
            asyncio.create_task(pace.keep(), name="pace"),
            asyncio.create_task(contacts.read(), name="contacts"),
        ]
        try:
            await _unless_ended(director.play(cues(), END), [*others, *aside])
        finally:
            for task in aside:
                task.cancel()
        seconds = monotonic() - began
        await stage.gateway.settle()
    await reading.to_the_end()
    teller.tell(everything=True)
    return Played(seconds, pace.waited, contacts.visits)


class _Invitation:
    """Shows the address of one page, once: whoever watches may open it, which does nothing."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._shown = False

    def __call__(self, mail: CaughtMail, link: str) -> None:
        if not self._shown and mail.recipient.endswith(f"@{SHOWN}.example"):
            self._shown = True
            self._say(f"演示期间可用浏览器打开信中的链接 · a link of a letter, for a browser, while this runs:\n{link}")


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
