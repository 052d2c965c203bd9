"""Follow 督办: python supervisor.py BROKER TOPIC [REGION]; it needs aiokafka[zstd] alone."""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer


async def main(broker: str, topic: str, region: str | None = None) -> None:
    """Print a line for each escalation, from where it stopped last time; the group remembers that."""
    seen: set[str] = set()  # delivery is at least once: keep the ids where you keep what you do with the messages
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker, group_id="our-office", auto_offset_reset="earliest")
    async with consumer:
        async for message in consumer:
            it = json.loads(message.value)  # the whole of it: ticket, asset, unit
            unit = it["unit"] or {"name": "无主"}
            if it["id"] in seen or region not in (None, it["asset"].get("region"), unit.get("region")):
                continue
            seen.add(it["id"])
            print(it["at"][:16], it["ticket_id"], unit["name"], it["summary"], flush=True)


asyncio.run(main(*sys.argv[1:]))
