"""Topics of another prefix under the same ledger: what is known stays known, and is told on the new topics."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from streams.local.kafka import LocalKafka
from tests.support.pipeline import Pipeline

DEAD: Final = {"asset_id": "site", "check": "link.dead", "locator": "https://a.gov.cn/1", "observed_at": "2026-03-02T09:00:00+08:00"}  # noqa: E501  # fmt: skip


async def test_the_ledger_goes_on(kafka: LocalKafka, topic_prefix: str, sqlite_database: str, tmp_path: Path) -> None:
    """Another prefix and group: the same place is the same problem, a new one gets a number that no other has."""
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, sqlite_database) as before, before.working():
        await before.register("asset", "site", name="门户", kind="website")
        await before.send(DEAD)
        await before.settled()
    (known,) = before.seen.tickets.values()
    async with Pipeline(tmp_path, kafka.bootstrap, f"{topic_prefix}-new", sqlite_database) as after, after.working():
        await after.send(DEAD, {**DEAD, "locator": "https://a.gov.cn/2"})
        await after.settled()
        assert after.seen.tickets.keys() - {known["ticket_id"]} == {after.ticket(occurrences=1)["ticket_id"]}
        assert await after.problems() == (2, 3)
        await after.command("acknowledge", known)
        await after.settled()
        assert after.seen.tickets[known["ticket_id"]]["status"] == "acknowledged"
