"""Checking messages as the worker will, and sending what passes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final, NamedTuple

from streams.cli.terminal.output import complain
from streams.cli.terminal.pipelined_publishing import TURN, Pipeline
from streams.files.findings.files import AT_ONCE, FileMessage
from streams.files.findings.strangers import Strangers
from streams.kafka.publisher import OutMessage, PublishError
from streams.rules.intake.intake import Refusal, read_finding

NAMED: Final = 50  # refused lines that are named one by one


class RefusedLine(NamedTuple):
    """A line that was not sent, or that the broker did not take."""

    line: int
    code: str
    detail: str
    place: str = ""


@dataclass(slots=True)
class FileSending:
    """One file on its way: how a line is checked, where it goes, and what became of the lines."""

    topic: str
    now: Callable[[], datetime]  # the domain's clock: a pipe may stay open for days
    max_bytes: int
    ahead: Pipeline | None  # None: only check
    strangers: Strangers
    accepted: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    async def send(self, batch: list[FileMessage]) -> None:
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
                messages.append(OutMessage(self.topic, message.asset_id.encode(), entry.value))
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
        chinese, english = (entry.place, entry.place) if entry.place else (f"第 {entry.line} 行", f"line {entry.line}")
        if len(self.refused) < NAMED:
            complain(f"{chinese} 未发送 · {english} refused: {detail} ({code})", "")
        elif len(self.refused) == NAMED:
            complain("其余只计数 · further refused lines are only counted", "")
        self.refused.append(RefusedLine(entry.line, code, detail, entry.place))


async def in_batches(entries: Iterable[FileMessage]) -> AsyncIterator[list[FileMessage]]:
    """The entries, as many at a time as are acknowledged together."""
    iterator = iter(entries)
    while batch := list(islice(iterator, AT_ONCE)):
        yield batch
