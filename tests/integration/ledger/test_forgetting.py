"""What citizens wrote is nowhere in the database once its term is over: a marker is looked for in all tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from streams.ledger import Ledger
from streams.ledger.tables import outbox, tickets
from streams.ledger.upkeep.retention import prune
from tests.support.processors import ProcessorOnLedger, StillClock
from tests.support.world import local

MARKER = "王大妈13800000000"
CHECKS = ["message.unanswered", "comment.unanswered"]
WORDS: Mapping[str, Any] = {
    "title": MARKER, "detail": MARKER, "extra_field": MARKER,
    "evidence": {"text": MARKER, "nested": {"words": [MARKER]}, "snippet": MARKER, "days": 7},
}  # fmt: skip


def seen(check: str, place: str, **fields: Any) -> dict[str, Any]:
    """A citizen's message or comment that has no answer."""
    return {
        "asset_id": "a", "check": check, "locator": place, "source": "importer",
        "observed_at": "2026-03-02T10:00:00+08:00", "received_at": "2026-03-01T10:00:00+08:00", **WORDS, **fields,
    }  # fmt: skip


def answered(check: str, place: str, outcome: str = "absent") -> dict[str, Any]:
    """What its importer sees later."""
    return {
        "type": "recheck", "asset_id": "a", "check": check, "locator": place, "outcome": outcome, "source": "importer",
        "observed_at": "2026-03-02T10:30:00+08:00", "evidence": {"answer": MARKER, "words": {"more": MARKER}},
    }  # fmt: skip


ACTS: Mapping[str, Mapping[str, Any]] = {
    "dismiss": {},
    "waive": {"until": "2026-12-31"},
    "close": {},
    "claim_fix": {"measures": MARKER, "evidence": {"x": MARKER}},
    "reassign": {"unit_id": "u2"},
}


async def lived(ledger: Ledger) -> None:
    """Messages and comments: warned of, answered, dismissed, waived, closed by hand, claimed, handed on, reopened."""
    clock = StillClock("2026-03-02 10:35")
    processor = ProcessorOnLedger(ledger, clock)
    contact = {"name": "李值守", "email": "li@x.gov.cn", "phone": "13800000001"}
    await processor.register("unit:u1", unit_id="u1", name="甲", contacts=[contact])
    await processor.register("unit:u2", unit_id="u2", name="乙", contacts=[{**contact, "email": "wu@x.gov.cn"}])
    await processor.register("asset:a", asset_id="a", name="门户", kind="website", unit_id="u1")
    for check in CHECKS:
        await _one_kind(processor, check)
    clock.real = local("2026-03-02 12:00")
    for _ in range(20):
        await processor.watch.once()
        processor.tickets()


async def _one_kind(processor: ProcessorOnLedger, check: str) -> None:
    await processor.send(
        seen(check, f"{check}/warned", level="warning"),
        seen(check, f"{check}/gone-warned", level="warning"),
        seen(check, f"{check}/answered"),
        seen(check, f"{check}/due", cause=MARKER, basis=MARKER, due_by="2026-03-10"),
        seen(check, f"{check}/reopen"),
        *(seen(check, f"{check}/{act}") for act in ACTS),
    )
    ours = [document for document in processor.tickets().values() if document["check"] == check]
    number = {one["problems"][0]["locator"].rpartition("/")[2]: one["ticket_id"] for one in ours}

    async def act(action: str, place: str, **more: Any) -> None:
        about = {"asset_id": "a", "ticket_id": number[place], "reason": MARKER}
        await processor.command(action=action, command_id=f"{check}-{place}-{action}", **about, **more)
        processor.tickets()

    for action, more in ACTS.items():
        await act(action, action, **more)
    await act("close", "reopen")
    await act("reopen", "reopen")
    await processor.send(
        answered(check, f"{check}/gone-warned"),
        answered(check, f"{check}/claim_fix", "present"),
        answered(check, f"{check}/dismiss"),
        answered(check, f"{check}/nowhere"),
        *(answered(check, f"{check}/{place}") for place in ("answered", "due", "reassign", "reopen")),
    )
    processor.tickets()
    await act("close", "claim_fix")


async def everywhere(ledger: Ledger) -> dict[str, list[str]]:
    """Where the marker stands: table -> columns."""
    found: dict[str, list[str]] = {}
    for table in tickets.metadata.sorted_tables:
        if table is outbox:
            continue  # what Kafka has not acknowledged yet
        for row in await ledger.read(select(table)):
            for column, value in zip(table.columns, row, strict=True):
                content = value.decode("utf-8", "ignore") if isinstance(value, bytes) else str(value)
                if MARKER in content:
                    found.setdefault(table.name, []).append(column.name)
    return found


@pytest.mark.parametrize("history_too", [False, True])
async def test_no_word_is_left_in_any_table(ledger: Ledger, history_too: bool) -> None:  # noqa: FBT001
    """O-1, O-10: after the first term, whatever became of the message; the history's own term may be far away."""
    await lived(ledger)
    before = await everywhere(ledger)
    assert {"problems", "tickets", "history", "notices"} <= before.keys(), "the marker has been somewhere"
    async with ledger.transaction() as tx:
        await tx._session.run("update notices set state = 'accepted'")
    assert await ledger.read(select(tickets.c.ticket_id).where(tickets.c.closed_at.is_(None))) == []
    long_after, never = local("2030-01-01 00:00"), local("2020-01-01 00:00")
    await prune(ledger, long_after, long_after if history_too else never, long_after, long_after)
    assert await everywhere(ledger) == {}
    await prune(ledger, long_after, long_after if history_too else never, long_after, long_after)
