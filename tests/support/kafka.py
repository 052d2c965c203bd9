"""Topics of one's own on the shared broker."""

import asyncio
from collections.abc import Iterable
from secrets import token_hex

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.kafka.admin import until_known


def topic_prefix() -> str:
    """Return a prefix (`RECTIFY_TOPIC_PREFIX`) that no other test uses."""
    return f"t{token_hex(5)}"


async def create_topics(bootstrap: str, names: Iterable[str], partitions: int = 4, **settings: str) -> None:
    """Create topics; `settings` are topic configs with `_` for `.`, as in `cleanup_policy="compact"`."""
    configs = {key.replace("_", "."): value for key, value in settings.items()}
    topics = [NewTopic(name, num_partitions=partitions, replication_factor=1, topic_configs=configs) for name in names]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer = await admin.create_topics(topics)
        refused = [error for error in answer.topic_errors if error[1]]
        assert not refused, f"topics were refused: {refused}"
        await until_known(admin, [topic.name for topic in topics])
    finally:
        await admin.close()


async def delete_topics(bootstrap: str, names: Iterable[str]) -> None:
    """Delete topics, and return when the broker no longer knows them."""
    gone = set(names)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics(list(gone))
        while gone & set(await admin.list_topics()):  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.05)
    finally:
        await admin.close()
