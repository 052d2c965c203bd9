"""Generated histories of the loop on the real ledgers and through Kafka: they end where the core and the model say.

Each is a story by number (tests/support/story.py) with producers, runs, late messages, partitions and people. More:
`RECTIFY_TEST_HISTORIES=2000 pytest tests/integration/rules/test_histories.py`; from another number:
`RECTIFY_TEST_SEED=...`.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from typing import Any

import pytest

from streams.ledger import Ledger
from tests.support.loop_on_ledger import OnLedger, forget, in_another_order, local_text, replay_through_kafka
from tests.support.pipeline import Pipeline
from tests.support.story import Story, story
from tests.support.world import TOPICS

HISTORIES = int(os.environ.get("RECTIFY_TEST_HISTORIES", "4"))
SEED = int(os.environ.get("RECTIFY_TEST_SEED", "1"))
SEEDS = range(SEED, SEED + HISTORIES)

Told = dict[str, Any]


def told_of(loop: Any) -> tuple[dict[str, Told], dict[str, Told]]:
    """Each ticket as last published, and every event by its id."""
    tickets = {document["ticket_id"]: document for document in loop.world.published(TOPICS.tickets)}
    return tickets, {event["id"]: event for event in loop.world.events()}


async def replayed(seed: int, told: Story, ledger: Ledger) -> None:
    """Step by step, with every check of the model after each fetch; then it is as if the core had decided it alone."""
    await forget(ledger)
    loop = OnLedger(ledger)
    await loop.replay(told.loop.steps, told.fetched)
    loop.check_publication()
    assert loop.picture() == told.loop.picture(), f"history {seed}"
    assert told_of(loop) == told_of(told.loop), f"history {seed}"


async def shuffled(seed: int, told: Story, *ledgers: Ledger) -> None:
    """The same messages, dealt out to other partitions in another order, several at once."""
    await forget(ledgers[0])
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    loop = OnLedger(*ledgers, at=local_text(told.loop))
    try:
        await in_another_order(loop, told.shuffled(chance), chance)
        loop.check_counts()
    except AssertionError as error:
        error.add_note(f"history {seed}, shuffled")
        raise


@pytest.mark.timeout(36_000)
async def test_histories_end_where_the_core_and_the_model_say(ledger: Ledger) -> None:
    """On both databases: as told, and in another order and partitioning."""
    for seed in SEEDS:
        told = story(seed)
        await replayed(seed, told, ledger)
        await shuffled(seed, told, ledger)


@pytest.mark.timeout(36_000)
async def test_two_workers_at_once(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """Partitions of one asset at two desks, at the same time: nobody knows the order, and the model holds."""
    for seed in SEEDS:
        await shuffled(seed, story(seed), *postgres_ledgers)


@pytest.mark.parametrize("seed", [5, pytest.param(11, marks=pytest.mark.long("another history"))])
async def test_through_kafka(pipeline: Pipeline, seed: int) -> None:
    """Three partitions of a real broker, a worker with everything in it, and the topics that it writes."""
    told = story(seed, steps=35, prompt=True)
    loop = await replay_through_kafka(pipeline, told)
    picture = told.loop.picture()
    tickets = {loop.numbers[number]: ticket for number, ticket in picture.pop("tickets").items()}
    asks = sorted((loop.numbers[number], *rest) for number, *rest in picture.pop("asks"))
    assert loop.picture() == {**picture, "tickets": tickets, "asks": asks}
    documents, events = told_of(told.loop)
    seen = {number: ticket["status"] for number, ticket in pipeline.seen.tickets.items()}
    assert seen == {loop.numbers[number]: ticket["status"] for number, ticket in documents.items()}
    kinds = Counter((event["type"], event["reason"]) for event in events.values())
    assert Counter((event["type"], event["reason"]) for event in pipeline.seen.events()) == kinds
