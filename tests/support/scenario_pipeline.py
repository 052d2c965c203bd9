"""The real pipeline as a stage for cases from real life: Kafka in, a worker, a ledger, Kafka out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from streams.ledger.moments import from_micros, to_micros
from streams.ledger.notice_tables import notices
from tests.support.pipeline import Pipeline
from tests.support.scenario import Told, by_opening
from tests.support.world import ZONE, local


class Installation:
    """One pipeline with its worker at work. Real time cannot be hurried: a case that waits is not for it."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    async def begin(self, clock: str) -> None:
        """Puts the domain's clock there."""
        self.pipeline.clock.set(local(clock))

    async def register(self, kind: str, record_id: str, fields: Mapping[str, Any]) -> None:
        """Published, and read by the worker, who finds sent what was due: no provider is set up here."""
        async with self.pipeline.ledger.transaction() as tx:
            await tx._session.run(
                "update notices set state = 'accepted' where state in ('pending', 'suppressed') and not_before <= ?",
                to_micros(self.pipeline.clock.now().at),
            )
        named = {"name": record_id, **({"kind": "website"} if kind == "asset" else {}), **fields}
        await self.pipeline.register(kind, record_id, **named)
        await self.pipeline.settled()

    async def until(self, at: str) -> None:
        """Step by step."""
        await self.pipeline.run_until(at)

    async def send(self, messages: list[dict[str, Any]]) -> None:
        """Published, and decided."""
        await self.pipeline.send(*messages)
        await self.pipeline.settled()

    async def command(self, message: dict[str, Any]) -> None:
        """Published, and decided."""
        fields = dict(message)
        await self.pipeline.command(fields.pop("action"), None, **fields)
        await self.pipeline.settled()

    async def wait(self, seconds: float) -> None:
        """Only until everything is judged that can be."""
        assert seconds <= 1, "real time cannot be hurried: this case is for the core only"
        await self.pipeline.settled()

    async def told(self) -> Told:
        """From the topics; the notices from the ledger."""
        seen = self.pipeline.seen
        rows = await self.pipeline.ledger.read(
            select(notices.c.created_at, notices.c.kind, notices.c.channel, notices.c.name).order_by(
                notices.c.created_at
            )
        )
        made = [f"{from_micros(row[0]).astimezone(ZONE):%m-%d %H:%M} {row[1]} {row[2]} {row[3]}" for row in rows]
        refused = [dict(letter.headers)["rectify-error"].decode() for letter in seen.dead_letters]
        return Told(by_opening(seen.tickets.values()), seen.events(), seen.requests, made, refused)
