"""The search of texts, filled from a real Kafka beside a real worker."""

from __future__ import annotations

import pytest

from streams.clock import system_time
from streams.services.search_filling import SearchFilling, filling_beside
from streams.store.search import Search, SearchText
from streams.store.store import open_store
from tests.support.pipeline import Pipeline


async def found(pipeline: Pipeline, search: Search, word: str, many: int) -> None:
    """So many tickets have the word, soon."""

    async def holds() -> bool:
        return len(await search.find(word, 9, 5)) == many and await search.caught_up_at() is not None

    await pipeline.eventually(holds)


async def find(pipeline: Pipeline, place: str, title: str) -> None:
    """A ticket is opened, and published."""
    seen = {"asset_id": "site", "check": "text.typo", "observed_at": "2026-03-02T09:00:00+08:00", "source": "crawler"}
    await pipeline.send({**seen, "locator": place, "title": title})
    await pipeline.settled()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_filled_stopped_and_filled_again(pipeline: Pipeline) -> None:
    """W-46: from the topic's beginning; what came while nobody filled, and only that; another log anew."""
    store = await open_store(pipeline.given["database_url"])
    search = store.search

    def filling() -> SearchFilling:
        return SearchFilling(pipeline.config, pipeline.topics.tickets, pipeline.ledger, search)

    async with pipeline.working():
        await find(pipeline, "/1", "会议布暑了全年工作")
        async with filling_beside(filling()):
            await found(pipeline, search, "布暑", 1)
        await find(pipeline, "/2", "布暑二")
        await found(pipeline, search, "布暑", 1)
        reached = sum(place.next_offset for place in (await search.reached()).values())
        async with filling_beside(filling()):
            await found(pipeline, search, "布暑", 2)
        places = await search.reached()
        assert sum(place.next_offset for place in places.values()) == reached + 1
        owner = "somebody who has read another log"
        assert await search.take_turn(owner, system_time())
        strange = {partition: place._replace(log_id="another") for partition, place in places.items()}
        assert await search.fill(owner, strange, [SearchText(99, "ZG99", False, "布暑三")], [])
        await search.leave(owner)
        async with filling_beside(filling()):
            await found(pipeline, search, "布暑", 2)
        assert await search.reached() == places
    await store.close()
