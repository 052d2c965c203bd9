"""`rectify publish --first-load`: every finding of the file is declared as one of a first load (rule L-15)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from streams.files.findings.files import FileMessage
from streams.files.findings.strangers import Strangers
from streams.kafka.publisher import OutMessage
from streams.services.findings import FindingsPublication
from streams.services.pipelined_publishing import Ahead
from tests.support.world import MAX_BYTES, POLICY

FINDING = {
    "asset_id": "site", "check": "column.stale", "observed_at": "2025-06-03T09:00:00+08:00", "locator": "公示",
    "evidence": {"column_kind": "news", "n": 1.5}, "own": [1, None],
}  # fmt: skip
RUN = {
    "type": "run", "asset_id": "site", "source": "c", "run_id": "r", "status": "complete", "checks": ["column.stale"],
    "finished_at": "2025-06-03T09:00:00+08:00",
}  # fmt: skip


class Taken:
    """A publisher that keeps what it gets."""

    def __init__(self) -> None:
        self.messages: list[OutMessage] = []

    async def publish(self, messages: Sequence[OutMessage], done: Callable[[Sequence[Any]], None]) -> None:
        """As the broker would."""
        self.messages += messages
        done([])


@pytest.mark.parametrize("declared", [True, False])
def test_every_finding_is_declared_and_nothing_else_changes(declared: bool) -> None:  # noqa: FBT001 - a parameter
    """Also inside a CloudEvent; runs are what they are, and without the option every line goes as it stands."""
    event = {"specversion": "1.0", "id": "1", "source": "/c", "type": "rectify.finding.v1", "data": FINDING}
    lines = [json.dumps(one, ensure_ascii=False).encode() for one in (FINDING, RUN, event)]
    taken = Taken()
    at, ahead = datetime(2026, 3, 2, tzinfo=UTC), cast("Ahead", taken)
    sending = FindingsPublication("t", lambda: at, MAX_BYTES, ahead, Strangers(POLICY), lambda _: None, declared)
    asyncio.run(sending.send([FileMessage(number, line) for number, line in enumerate(lines, 1)]))
    assert (sending.accepted, sending.refused) == (3, [])
    sent = [message.value or b"" for message in taken.messages]
    assert sent[1] == lines[1]
    if declared:
        whole = {**FINDING, "first_load": True}
        assert [json.loads(value) for value in (sent[0], sent[2])] == [whole, {**whole, "type": "finding"}]
    else:
        assert sent == lines
