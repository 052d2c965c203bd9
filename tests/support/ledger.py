"""Records for the ledger's tests, each field with a value of its own, so that a mix-up shows."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final
from zoneinfo import ZoneInfo

from streams.files.calendar.builtin import builtin_calendar
from streams.ledger import Ledger, Transaction, upgrade
from streams.rules.state.records import HistoryEntry, Notice, OutMessage, Problem, RunRecord, Ticket
from streams.rules.state.snapshot import ChangeSet, Needs, Now, Registry, Snapshot

ZONE: Final = ZoneInfo("Asia/Shanghai")
START: Final = datetime(2026, 3, 2, 1, 0, 0, 123_457, tzinfo=UTC)
NOW: Final = Now(START, START + timedelta(days=200, microseconds=1))
REGISTRY: Final = Registry(units={}, calendar=builtin_calendar(), guarded={}, zone=ZONE)


def upgrade_alone(url: str) -> None:
    """Bring a database up to date where no loop runs."""
    # A loop of its own and never the thread's current one, which belongs to pytest-asyncio.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(upgrade(url))


async def next_offsets(tx: Transaction, topic: str, partitions: list[int]) -> dict[int, int]:
    """Where each partition stands, its row locked."""
    return {partition: known.next_offset for partition, known in (await tx.offsets.lock(topic, partitions)).items()}


def at(**offset: float) -> datetime:
    """A moment counted from START."""
    return START + timedelta(**offset)


def key(name: str) -> bytes:
    """The identity of a problem or of a cause."""
    return blake2b(name.encode(), digest_size=16).digest()


def named_problem(name: str, asset_id: str = "asset-1") -> tuple[str, bytes]:
    """How `Needs` names the problem of this key."""
    return asset_id, key(name)


def problem(name: str, asset_pk: int, ticket_pk: int = 0, ordinal: int = 0, status: str = "open") -> Problem:
    """A problem that has no row yet."""
    return Problem(
        pk=0,
        key=key(name),
        fingerprint=f"fp-{name}",
        asset_pk=asset_pk,
        check="link.dead",
        locator=f"https://example.gov.cn/{name}",
        ticket_pk=ticket_pk,
        ordinal=ordinal,
        status=status,
        first_seen_at=at(minutes=-30),
        last_seen_at=at(minutes=-10),
        count=3,
        seen_by_json='{"crawler": ["run-1"]}',
        facts_json='{"title": "链接失效"}',
        suspicion_json='["waiting"]',
        gone_at=at(microseconds=-1),
        gone_by_json='{"kind":"noted","back":["2026-02-02T09:00:00+08:00"]}',
        current=True,
    )


def ticket(pk: int, name: str, asset_pk: int, *, problems: int = 1) -> Ticket:
    """A ticket in which every field is set."""
    return Ticket(
        pk=pk,
        ticket_id=f"ZG20260302-{name}",
        version=7,
        asset_pk=asset_pk,
        unit_id="unit-1",
        check="link.dead",
        group_key=key(f"group {name}"),
        cause="target:https://dead.example",
        severity="major",
        status="open",
        opened_at=at(minutes=-9),
        running_since=at(minutes=-8),
        opened_by="crawler\trun-1",
        counted_from=at(minutes=-30),
        due_at=at(days=5),
        due_unit="working_day",
        provisional=False,
        deadline_json='{"row":"link.dead","amount":3,"calendar":"cn-2026","basis":"3个工作日","policy":"default@1"}',
        guarded=True,
        rung="urge",
        plan_json='[["supervise",1772000000.0]]',
        next_review_at=at(days=3),
        problem_count=problems,
        open_problem_count=problems,
        occurrences=12,
        first_seen_at=at(minutes=-30),
        last_seen_at=at(minutes=-10),
        reminder_count=2,
        reopen_count=3,
        extension_count=4,
        cycle=5,
        recurrence_of="ZG20260101-OLD",
        acknowledged_at=at(hours=1),
        acknowledgement_expires_at=at(hours=2),
        waived_until=at(hours=3),
        recheck_outcome="unverifiable",
        closed_at=at(hours=4),
        evidence_at=at(hours=5),
        close_reason="merged",
        merged_into="ZG20260302-OTHER",
        seen_runs_json='["crawler\\trun-1"]',
    )


def open_ticket(pk: int, name: str, asset_pk: int, *, problems: int = 1) -> Ticket:
    """An open ticket with nothing due."""
    return ticket(pk, name, asset_pk, problems=problems)._replace(
        group_key=None,
        cause=None,
        closed_at=None,
        close_reason=None,
        merged_into=None,
        next_review_at=None,
    )


def run(asset_pk: int, run_id: str = "run-1") -> RunRecord:
    """A run in which every field is set."""
    return RunRecord(
        asset_pk=asset_pk,
        source="crawler",
        run_id=run_id,
        counted=5,
        by_check_json='{"link.dead": 4}',
        message_json='{"type": "run"}',
        state="waiting",
        evidence_at=at(hours=-1),
        settle_at=at(days=200, seconds=30),
        settle_by=at(days=200, minutes=5),
        accepted_by="王某",
    )


def notice(name: str, ticket_pk: int, asset_pk: int, *, channel: str = "email", kind: str = "opened") -> Notice:
    """A pending notice that is due at START."""
    return Notice(
        notice_id=key(name).hex(),
        ticket_pk=ticket_pk,
        asset_pk=asset_pk,
        kind=kind,
        channel=channel,
        unit_id="unit-1",
        name="王某",
        address="wang@unit.gov.cn" if channel == "email" else "13800000001",
        role="duty",
        exempt=True,
        created_at=at(minutes=-20),
        not_before=START,
        expires_at=at(days=7),
        state="pending",
        attempts=0,
        lease_until=None,
        provider=None,
        code=None,
        updated_at=at(minutes=-20),
    )


def event(asset_pk: int, ticket_pk: int | None, kind: str = "opened") -> HistoryEntry:
    """An entry of the history."""
    return HistoryEntry(key(kind).hex(), asset_pk, ticket_pk, START, kind, f'{{"type":"{kind}"}}')


def message(name: str, value: bytes = b"{}") -> OutMessage:
    """A message for the outbox."""
    return OutMessage("rectify.events", name.encode(), value, (("header", b"\x00\xff"),))


async def load(ledger: Ledger, needs: Needs) -> Snapshot:
    """What the ledger holds, in a transaction of its own."""
    async with ledger.transaction() as tx:
        return await tx.load(needs, REGISTRY)


async def save(ledger: Ledger, change_set: ChangeSet) -> list[int]:
    """Save in a transaction of its own."""
    async with ledger.transaction() as tx:
        return await tx.save(change_set, NOW)


async def asset_pk(ledger: Ledger, asset_id: str = "asset-1") -> int:
    """The row number of an asset, which is created."""
    return (await load(ledger, Needs(asset_ids={asset_id}))).assets[asset_id].pk
