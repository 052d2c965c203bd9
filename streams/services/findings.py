"""Findings published: each message is checked as the worker will, and what passes goes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple

from schemas.finding import Finding
from streams.files.findings.files import FileMessage
from streams.files.findings.strangers import Strangers
from streams.files.policy.loading import load_policy
from streams.kafka.publisher import OutMessage, PublishError
from streams.rules.intake.intake import Refusal, read_finding
from streams.services.connections import kafka_config, topics_of
from streams.services.pipelined_publishing import TURN, Ahead, publishing_ahead
from streams.settings.model import Settings


class RefusedLine(NamedTuple):
    """A message that was not sent, or that the broker did not take."""

    line: int
    code: str
    detail: str
    place: str = ""


@dataclass(slots=True)
class FindingsPublication:
    """Messages on their way: how one is checked, where it goes, and what became of all of them."""

    topic: str
    now: Callable[[], datetime]  # the domain's clock: a pipe may stay open for days
    max_bytes: int
    ahead: Ahead | None  # None: only check
    strangers: Strangers
    on_refused: Callable[[RefusedLine], None]  # gets each at once
    first_load: bool = False  # declared for every finding (rule L-15)
    accepted: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    async def send(self, batch: Sequence[FileMessage]) -> None:
        """Check a batch and send what passes, which the broker has when `ahead` is through with it."""
        messages: list[OutMessage] = []
        sent: list[FileMessage] = []
        at = self.now()
        for number, entry in enumerate(batch):
            if number % TURN == 0:
                await asyncio.sleep(0)
            if entry.fault:
                self._refuse(entry, "unreadable", entry.fault)
                continue
            message = read_finding(entry.value, (), at, self.max_bytes)
            if isinstance(message, Refusal):
                self._refuse(entry, message.code, message.detail)
            else:
                self.strangers.see(message)
                value = _declared(message) if self.first_load and isinstance(message, Finding) else entry.value
                messages.append(OutMessage(self.topic, message.asset_id.encode(), value))
                sent.append(entry)
        if self.ahead is None:
            self.accepted += len(messages)
        elif messages:
            await self.ahead.publish(messages, partial(self._sent, sent))

    def _sent(self, sent: Sequence[FileMessage], errors: Sequence[PublishError]) -> None:
        for error in errors:
            self._refuse(sent[error.index], error.code, error.detail)
        self.accepted += len(sent) - len(errors)

    def _refuse(self, entry: FileMessage, code: str, detail: str) -> None:
        line = RefusedLine(entry.line, code, detail, entry.place)
        self.refused.append(line)
        self.on_refused(line)


def _declared(finding: Finding) -> bytes:
    return finding.model_copy(update={"first_load": True}).model_dump_json(exclude_unset=True).encode()


async def publish_findings(
    settings: Settings,
    batches: AsyncIterator[list[FileMessage]],
    now: Callable[[], datetime],
    *,
    first_load: bool = False,
    dry_run: bool = False,
    on_refused: Callable[[RefusedLine], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _, __: None,
) -> FindingsPublication:
    """Returns when the broker has everything that passes; with `dry_run` it is only checked.

    `first_load` declares every finding as one of a first load 首次入库 (L-15).
    `on_progress` gets bytes of the file after each batch, and how many messages are accepted by then. Raises Failure
    when no broker answers, FileError.
    """
    async with AsyncExitStack() as stack:
        ahead = None if dry_run else await stack.enter_async_context(publishing_ahead(kafka_config(settings)))
        strangers = Strangers(load_policy(settings.policy))
        publication = FindingsPublication(
            topics_of(settings).findings, now, settings.max_message_bytes, ahead, strangers, on_refused, first_load
        )
        async for batch in batches:
            await publication.send(batch)
            on_progress(sum(entry.size for entry in batch), publication.accepted)
    return publication
