"""Backup and restore as docs/operations.md says: what came after the backup is read again, nothing is doubled."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, cast

import orjson
import pytest
from aiokafka.errors import CommitFailedError, UnknownMemberIdError
from sqlalchemy import func, select

from streams.kafka.admin import place_group
from streams.ledger import Ledger, LedgerError, Transaction, check, upgrade
from streams.ledger.errors import CopyError
from streams.ledger.reading.inspection import read_through
from streams.ledger.tables import refreshes, tickets
from streams.ledger.upkeep.backup import back_up
from streams.local.kafka import LocalKafka
from streams.rules.state.records import OutMessage
from streams.store.store import PageAct, Store, open_store
from streams.worker.restored import follow_the_database
from tests.support.fetching import committed
from tests.support.pipeline import Pipeline
from tests.support.postgres import Postgres

FINDINGS = 300
ACT = PageAct(
    "c-1", "form", "link:0", "ZG1", "site-1", "claim", "张三", "13800000001", "", datetime(2026, 3, 2, tzinfo=UTC)
)


def findings(first: int) -> list[dict[str, Any]]:
    """Different findings, each a problem of its own, in tickets."""
    return [
        {
            "asset_id": f"site-{number % 7}",
            "check": "link.dead",
            "locator": f"https://a.gov.cn/{number}",
            "observed_at": "2026-03-02T09:00:00+08:00",
        }
        for number in range(first, first + FINDINGS)
    ]


async def worked_through(pipeline: Pipeline, *messages: dict[str, Any]) -> int:
    """Sends the findings, and returns when a worker is done with everything; how many tickets there are."""
    await pipeline.send(*messages)
    await pipeline.settled()
    return await pipeline.number(select(func.count()).select_from(tickets))


async def test_sqlite(kafka: LocalKafka, topic_prefix: str, tmp_path: Path) -> None:
    """Copied while a worker writes, put in the place of a lost file: the tickets and counts are those of before."""
    path, copy = tmp_path / "rectify.db", tmp_path / "ledger.db"
    database = f"sqlite:///{path}"
    await upgrade(database)
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, database) as pipeline, pipeline.working():
        await worked_through(pipeline, *findings(0))
        copying = asyncio.create_task(back_up(database, copy))
        many = await worked_through(pipeline, *findings(FINDINGS))
        assert await copying == copy.stat().st_size
        assert copy.stat().st_mode & 0o077 == 0
        topic = pipeline.topics.findings
        async with asyncio.timeout(30):
            while not sum((await committed(pipeline.config, topic_prefix, topic)).values()):  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.2)
        with pytest.raises((CommitFailedError, UnknownMemberIdError)):  # not while a worker is in the group
            await place_group(
                pipeline.config, topic_prefix, {(topic, number): 0 for number in range(pipeline.partitions)}
            )
        assert await pipeline.problems() == (2 * FINDINGS, 2 * FINDINGS)
    for name in ("rectify.db", "rectify.db-wal", "rectify.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copy(copy, path)
    await check(database)
    await nothing_twice(Pipeline(tmp_path, kafka.bootstrap, topic_prefix, database), pipeline, many)


async def test_postgresql(
    kafka: LocalKafka, topic_prefix: str, postgres: Postgres, postgres_url: str, tmp_path: Path
) -> None:
    """pg_dump while a worker writes, pg_restore into an empty database: the same, and what the pages keep is in it."""
    dump = tmp_path / "ledger.dump"
    await upgrade(postgres_url)
    async with opened_store(postgres_url) as store:
        await store.add_acts([ACT])
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, postgres_url) as pipeline, pipeline.working():
        await worked_through(pipeline, *findings(0))
        dumping = asyncio.create_task(asyncio.to_thread(postgres.dump, postgres_url, dump))
        many = await worked_through(pipeline, *findings(FINDINGS))
        await dumping
        assert await pipeline.problems() == (2 * FINDINGS, 2 * FINDINGS)
    restored = postgres.create_database()
    await asyncio.to_thread(postgres.restore, dump, restored)
    await check(restored)
    async with opened_store(restored) as store:
        assert await store.acts_of(ACT.ticket_id) == [ACT]
    await nothing_twice(Pipeline(tmp_path, kafka.bootstrap, topic_prefix, restored), pipeline, many)


@asynccontextmanager
async def opened_store(url: str) -> AsyncIterator[Store]:
    """What the pages keep."""
    store = await open_store(url)
    try:
        yield store
    finally:
        await store.close()


async def nothing_twice(restored: Pipeline, before: Pipeline, many: int) -> None:
    """The worker reads on from the old offsets: every problem is there, counted once, in as many tickets."""
    restored.published.update(before.published)
    async with restored, restored.working():
        assert await worked_through(restored) == many
        assert await restored.problems() == (2 * FINDINGS, 2 * FINDINGS)


async def test_a_number_that_is_given_up_gets_its_end(kafka: LocalKafka, topic_prefix: str, tmp_path: Path) -> None:
    """Opened after the backup: the same number again. Told by nobody any more: a record without a value, said once.

    A ticket that had gone on since the backup is published above what readers have, so that they do not ignore it.
    """
    path, copy = tmp_path / "rectify.db", tmp_path / "ledger.db"
    database = f"sqlite:///{path}"
    await upgrade(database)
    first = findings(0)[0]
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, database) as pipeline, pipeline.working():
        await worked_through(pipeline, first)
        await back_up(database, copy)
        before = pipeline.ticket()
        for action in ("acknowledge", "claim_fix"):
            await pipeline.command(action, before, measures="已修复")
            await pipeline.settled()
        await worked_through(pipeline, {**first, "locator": "https://a.gov.cn/later"})
        told = dict(pipeline.seen.tickets)
        number, ended = before["ticket_id"], "ZG260301-00000000DEAD"
        for document in ({**before, "version": 50}, {**before, "ticket_id": ended}):
            key, value = document["ticket_id"].encode(), orjson.dumps(document)
            await pipeline.publisher.publish([OutMessage(pipeline.topics.tickets, key, value)])
    for name in ("rectify.db", "rectify.db-wal", "rectify.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copy(copy, path)
    for _ in range(2):  # the second start has nothing left to do
        async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, database) as restored, restored.working():
            restored.published.update(pipeline.published)
            await restored.settled()
            await restored.eventually(lambda: done(restored))
            await restored.settled()
            last = {record.key: record.value for record in restored.seen.records[restored.topics.tickets]}
            numbers = {
                row[0]: row[1] for row in await restored.ledger.read(select(tickets.c.ticket_id, tickets.c.version))
            }
            assert numbers.keys() == told.keys()
            assert {key for key, value in last.items() if value is None} == {ended.encode()}
            assert {key.decode(): orjson.loads(value)["version"] for key, value in last.items() if value} == numbers
            assert numbers[number] > 50
            ends = [record for record in restored.seen.records[restored.topics.tickets] if record.value is None]
            assert len(ends) == 1


async def done(pipeline: Pipeline) -> bool:
    """Whether nothing is left to do after a restore, and nothing waits to be published again."""
    async with pipeline.ledger.transaction() as tx:
        left = await tx.reconciling.left()
    return left is None and not await pipeline.number(select(func.count()).where(~refreshes.c.counters))


async def test_a_copy_is_whole_or_not_there(tmp_path: Path) -> None:
    """An existing file stays; a corrupt database is said; a folder that is missing too; no half copy is left."""
    path, copy = tmp_path / "rectify.db", tmp_path / "copy.db"
    database = f"sqlite:///{path}"
    await upgrade(database)
    copy.write_text("mine")
    with pytest.raises(CopyError, match="is there already"):
        await back_up(database, copy)
    assert copy.read_text() == "mine"
    with pytest.raises(LedgerError, match="No such file"):
        await back_up(database, tmp_path / "missing" / "copy.db")
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("select rootpage from sqlite_master where name = 'tickets'").fetchone()
        (size,) = connection.execute("pragma page_size").fetchone()
        connection.execute("pragma wal_checkpoint(truncate)")
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    copy.unlink()
    with pytest.raises(LedgerError, match="corrupt"):
        await read_through(database)
    with pytest.raises(LedgerError, match="损坏"):
        await back_up(database, copy)
    assert not copy.exists()
    assert not (tmp_path / ".copy.db.partial").exists()


async def test_beside_a_busy_writer(tmp_path: Path) -> None:
    """A worker that commits all the time does not keep the copy from ending, nor the copy it from committing."""
    path, copy = tmp_path / "rectify.db", tmp_path / "copy.db"
    database = f"sqlite:///{path}"
    await upgrade(database)
    ended, busy = threading.Event(), threading.Event()
    pauses: list[float] = []

    def write() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as worker:
            while not ended.is_set():
                began = monotonic()
                worker.execute("insert into meta (key, value) values (?, ?)", (f"busy-{len(pauses)}", "x" * 20_000))
                pauses.append(monotonic() - began)
                if len(pauses) == 10:
                    busy.set()

    with closing(sqlite3.connect(path, isolation_level=None)) as filling:
        filling.executemany(
            "insert into meta (key, value) values (?, ?)", ((f"full-{n}", "x" * (1 << 20)) for n in range(48))
        )
    writing = asyncio.create_task(asyncio.to_thread(write))
    try:
        async with asyncio.timeout(60):
            await asyncio.to_thread(busy.wait)
            before = len(pauses)
            size = await back_up(database, copy)
    finally:
        ended.set()
        await writing
    assert len(pauses) > before + 1  # it went on meanwhile
    assert max(pauses) < 5
    assert size > 48 << 20
    await read_through(f"sqlite:///{copy}")


async def test_two_copies_at_once_into_one_file(tmp_path: Path) -> None:
    """As two timers do: the second is refused, the first one's file is whole; what a killed one left is no matter."""
    database, copy = f"sqlite:///{tmp_path / 'rectify.db'}", tmp_path / "copy.db"
    await upgrade(database)
    partial = tmp_path / ".copy.db.partial"
    with partial.open("wb") as held:
        held.write(b"half a copy")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(CopyError, match="another backup is writing it"):
            await back_up(database, copy)
        assert not copy.exists()
        assert partial.read_bytes() == b"half a copy"
    await back_up(database, copy)
    await read_through(f"sqlite:///{copy}")


async def test_postgresql_has_its_own_tool() -> None:
    """The sentence says which."""
    with pytest.raises(LedgerError, match="pg_dump"):
        await back_up("postgresql://rectify@db/rectify", Path("copy.db"))


class BusyLedger:
    """A ledger beside which others have decided and acknowledged more, by the time that it has answered."""

    def __init__(self, ledger: Ledger, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._ledger = ledger
        self._meanwhile = meanwhile

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """As the ledger's."""
        async with self._ledger.transaction() as tx:
            yield tx
        await self._meanwhile()


async def test_a_worker_that_starts_beside_busy_ones_sees_no_backup(pipeline: Pipeline) -> None:
    """Offsets that others move while it looks are no sign of a database that has lost something."""
    group, inbound = pipeline.settings.group_id, pipeline.topics.findings
    numbers = itertools.count(0, FINDINGS)

    async def acknowledged() -> int:
        return sum((await committed(pipeline.config, group, inbound)).values())

    async def more() -> None:
        wanted = await acknowledged() + FINDINGS
        await pipeline.send(*findings(next(numbers)))

        async def are_through() -> bool:
            return await acknowledged() >= wanted

        await pipeline.eventually(are_through)

    async with pipeline.working():
        await more()
        busy = cast("Ledger", BusyLedger(pipeline.ledger, more))
        await follow_the_database(busy, pipeline.config, group, pipeline.topics)
        async with pipeline.ledger.transaction() as tx:
            assert await tx.reconciling.left() is None
