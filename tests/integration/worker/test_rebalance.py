"""Topics with one partition and with 64, and more workers than partitions. With figures: `tests.crash.rebalance`."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.topics import Topics
from streams.local.kafka import LocalKafka
from tests.integration.worker.test_database_faults import FINDINGS, findings
from tests.support.kafka import create_topics
from tests.support.pipeline import Pipeline


@pytest.mark.parametrize("partitions", [1, 64])
async def test_workers_come_and_go(
    kafka: LocalKafka, topic_prefix: str, postgres_database: str, tmp_path: Path, partitions: int
) -> None:
    """Whoever is left has all partitions; a spare worker is ready, and takes over; every finding counts once."""
    topic = Topics(topic_prefix).findings
    await create_topics(kafka.bootstrap, [topic], partitions)
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, postgres_database) as pipeline:
        async with pipeline.working() as first:
            await pipeline.send(*findings(0))
            async with pipeline.working() as second:

                def shared() -> bool:
                    mine = [{n for name, n in one.app.group.partitions if name == topic} for one in (first, second)]
                    return (
                        not mine[0] & mine[1]
                        and len(mine[0] | mine[1]) == partitions
                        and all(one.app.group.joined for one in (first, second))
                    )

                await pipeline.until(shared)
                await pipeline.send(*findings(FINDINGS))
                first.stop()
                await pipeline.until(
                    lambda: len([1 for name, _ in second.app.group.partitions if name == topic]) == partitions
                )
                await pipeline.send(*findings(2 * FINDINGS))
                await pipeline.settled()
        assert await pipeline.problems() == (3 * FINDINGS, 3 * FINDINGS)
