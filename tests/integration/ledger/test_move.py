"""From SQLite to PostgreSQL (O-18): every row arrives, work goes on; never two ledgers, never half of one."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from streams.ledger import LedgerError, check, open_ledger, upgrade
from streams.ledger.columns import metadata
from streams.ledger.migrations.schema import FILLING, MOVED
from streams.ledger.moving.move import Source, Watcher, move
from streams.local.kafka import LocalKafka
from streams.services.moving import move_installation
from streams.settings.model import Settings
from streams.store.store import PageAct, Upload, open_store
from tests.support.filled import fill, filled, rows_of
from tests.support.ledger import asset_pk
from tests.support.pipeline import Pipeline
from tests.support.postgres import Postgres
from tests.support.processors import TOPICS, ProcessorOnLedger, StillClock

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
ACT = PageAct("c-1", "form", "link:0", "ZG1", "kjj-site", "claim", "张三", "13800000001", "{}", AT)
UPLOAD = Upload("ZG1", "ab" * 32, "link:0", "整改后.jpg", "image/jpeg", 1_024, AT)
KILLED_WITHIN = """
import asyncio, os, signal, sys
from pathlib import Path
from streams.ledger.moving.move import Source, Watcher, move

totals, left = [], []

def passed(more):
    left.append(more)
    if sum(left) >= float(sys.argv[3]) * totals[0]:
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(move([Source(Path(sys.argv[1]))], sys.argv[2], Watcher(totals.append, passed)))
"""
DEAD = {"asset_id": "kjj-site", "check": "link.dead", "observed_at": "2026-03-02T09:00:00+08:00"}


def file_of(url: str) -> Path:
    """The file of a SQLite URL."""
    return Path(url.removeprefix("sqlite:///"))


def plain(tables: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    """The same whichever database says it: truth values are numbers in SQLite."""
    rows = {
        name: [{column: int(v) if isinstance(v, bool) else v for column, v in row.items()} for row in some]
        for name, some in tables.items()
    }
    return {name: sorted(some, key=repr) for name, some in rows.items()}


async def test_every_row_arrives(sqlite_database: str, postgres_url: str, tmp_path: Path) -> None:
    """Rows of every table, and what the pages keep; the next rows get numbers above all that were ever given."""
    await fill(sqlite_database, {table: [filled(table, n) for n in (1, 2, 3)] for table in metadata.sorted_tables})
    with closing(sqlite3.connect(file_of(sqlite_database))) as connection, connection:
        connection.execute("update tickets set unit_id = null, rung = null, closed_at = null where pk % 2 = 0")
        connection.execute("delete from outbox where pk = (select max(pk) from outbox)")
    store = await open_store(sqlite_database)
    await store.add_acts([ACT])
    await store.add_uploads([UPLOAD])
    await store.close()
    key = file_of(sqlite_database).with_name("web-links.key")
    key.write_text("web-links:secret")
    settings = Settings(data_dir=tmp_path / "data", database_url=SecretStr(sqlite_database))
    before = await rows_of(sqlite_database)
    totals: list[int] = []
    steps: list[int] = []

    arrived = await move_installation(settings, postgres_url, Watcher(totals.append, steps.append))

    assert plain(await rows_of(postgres_url)) == plain(before)
    assert {one.table: one.rows for one in arrived.tables if one.schema == "public"} == {
        n: len(r) for n, r in before.items()
    }
    assert totals == [sum(steps)] == [2 * sum(one.rows for one in arrived.tables)]
    assert arrived.keys == [tmp_path / "data" / "web-links.key"]
    store = await open_store(postgres_url)
    assert (await store.acts_of("ZG1"), await store.uploads_of("ZG1")) == ([ACT], [UPLOAD])
    await store.close()
    ledger = await open_ledger(postgres_url, owner="worker-1")
    try:
        assert await asset_pk(ledger, "a new one") == 1_000_004
        async with ledger.transaction() as tx:
            ((last,),) = await tx._session.rows("select nextval(pg_get_serial_sequence('outbox', 'pk'))")
            ((number,),) = await tx._session.rows("select nextval('ticket_numbers')")
        assert last == 1_000_004  # the deleted one's is not given again
        assert number == 1_000_004
    finally:
        await ledger.close()
    with pytest.raises(LedgerError, match="已搬到 PostgreSQL"):
        await check(sqlite_database)
    with pytest.raises(LedgerError, match="was moved already"):
        await move_installation(settings, postgres_url, Watcher())


async def test_the_same_is_decided_afterwards(
    kafka: LocalKafka,
    topic_prefix: str,
    sqlite_database: str,
    postgres: Postgres,
    postgres_database: str,
    tmp_path: Path,
) -> None:
    """A worker goes on from the offsets of before, and whatever comes next is decided as SQLite decides it."""
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, sqlite_database) as pipeline, pipeline.working():
        await pipeline.register("unit", "kjj", name="市科技局", contacts=[{"name": "张三", "email": "z@kjj.gov.cn"}])
        await pipeline.register("asset", "kjj-site", name="市科技局", kind="website", unit_id="kjj")
        await pipeline.send(*({**DEAD, "locator": f"https://kjj.gov.cn/{n}"} for n in range(40)))
        await pipeline.settled()
        await pipeline.command("acknowledge", next(iter(pipeline.seen.tickets.values())))
        await pipeline.run_until("2026-03-10 10:00")
        await pipeline.settled()
    twin = f"sqlite:///{tmp_path / 'twin.db'}"
    shutil.copy(file_of(sqlite_database), file_of(twin))
    moved = postgres.create_database()
    ended = await pipeline.command_line().run("db", "move", moved, "--json")
    assert ended.code == 0, ended.err
    assert moved.rpartition("@")[0] not in ended.out

    told = [await _told_later(url) for url in (twin, postgres.create_database(like=moved))]
    assert told[0] == told[1]
    assert len(told[0]) > 40
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, moved, "2026-03-10 10:00") as later, later.working():
        later.published.update(pipeline.published)
        await later.send({**DEAD, "locator": "https://kjj.gov.cn/3"}, {**DEAD, "locator": "https://kjj.gov.cn/new"})
        await later.settled()
        assert await later.problems() == (41, 42)


async def _told_later(url: str) -> list[tuple[str, bytes | None, bytes | None]]:
    """What is published when old problems are seen again, one is new, one has gone, and two weeks pass."""
    clock = StillClock("2026-03-10 11:00")
    ledger = await open_ledger(url, owner="worker-2")
    try:
        processor = ProcessorOnLedger(ledger, clock)
        later = {**DEAD, "observed_at": "2026-03-10T10:30:00+08:00"}
        await processor.fetch(
            TOPICS.findings, 99, [{**later, "locator": f"https://kjj.gov.cn/{n}"} for n in (1, 2, 77)]
        )
        gone = {"type": "recheck", "check": "link.dead", "outcome": "absent", "asset_id": "kjj-site"}
        await processor.fetch(
            TOPICS.findings,
            99,
            [{**gone, "locator": "https://kjj.gov.cn/5", "observed_at": "2026-03-10T10:40:00+08:00"}],
        )
        await processor.due()
        clock.set(datetime(2026, 3, 24, 2, tzinfo=UTC))
        await processor.due()
        return sorted((message.topic, message.key, message.value) for message in processor.messages)
    finally:
        await ledger.close()


async def test_an_interrupted_move_is_run_again(sqlite_database: str, postgres_database: str) -> None:
    """Killed half way: the file is the ledger as before, the target is nobody's until the move has been run again."""
    await _some_rows(sqlite_database)
    steps: list[int] = []

    def fails(more: int) -> None:
        steps.append(more)
        if len(steps) == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await move([Source(file_of(sqlite_database))], postgres_database, Watcher(passed=fails))
    await check(sqlite_database)
    with pytest.raises(LedgerError, match="搬迁未完成"):
        await open_ledger(postgres_database)
    with pytest.raises(LedgerError, match="搬迁未完成"):
        await upgrade(postgres_database)
    assert not any((await rows_of(postgres_database)).values())
    await move([Source(file_of(sqlite_database))], postgres_database)
    await check(postgres_database)


async def test_a_killed_move_is_run_again(sqlite_database: str, postgres_database: str) -> None:
    """SIGKILL at the first row, half way and after the last one: the file has its rows, the target none, each time."""
    await _some_rows(sqlite_database)
    before = await rows_of(sqlite_database)
    for part in ("0", "0.5", "1"):
        words = (str(file_of(sqlite_database)), postgres_database, part)
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED_WITHIN, *words)
        assert await process.wait() == -signal.SIGKILL
        await check(sqlite_database)
        assert await rows_of(sqlite_database) == before
        with pytest.raises(LedgerError, match="搬迁未完成"):
            await open_ledger(postgres_database)
        assert not any((await rows_of(postgres_database)).values())
    await move([Source(file_of(sqlite_database))], postgres_database)
    assert plain(await rows_of(postgres_database)) == plain(before)


async def test_neither_is_the_ledger_when_the_answer_is_lost(sqlite_database: str, postgres_database: str) -> None:
    """Between the mark on the file and the commit: nobody works on either, and the move is run again."""
    await _some_rows(sqlite_database)
    with closing(sqlite3.connect(file_of(sqlite_database), isolation_level=None)) as connection:
        connection.execute("update alembic_version set version_num = ?", (MOVED,))
    await _on(postgres_database, "update alembic_version set version_num = $1", FILLING)
    for url in (sqlite_database, postgres_database):
        with pytest.raises(LedgerError, match="rectify db move"):
            await open_ledger(url)
    await move([Source(file_of(sqlite_database))], postgres_database)
    await check(postgres_database)


async def test_what_is_refused(sqlite_database: str, postgres: Postgres, postgres_database: str) -> None:
    """A file that somebody has open, to read or to write; a target with a row, with a worker, or that changes rows."""
    source = [Source(file_of(sqlite_database))]
    for read_only in (True, False):
        ledger = await open_ledger(sqlite_database, read_only=read_only)
        with pytest.raises(LedgerError, match="stop them all first"):
            await move(source, postgres_database)
        await ledger.close()
    ledger = await open_ledger(postgres_database, owner="worker-1")
    await asset_pk(ledger, "kjj-site")
    with pytest.raises(LedgerError, match=r"is not empty \(assets"):
        await move(source, postgres_database)
    await check(postgres_database)  # as it was
    await _on(postgres_database, "delete from assets")
    with pytest.raises(LedgerError, match="connected to the database"):
        await move(source, postgres_database)
    await ledger.close()
    await _some_rows(sqlite_database)
    await _on(
        postgres_database,
        "create function other() returns trigger language plpgsql as $$ begin new.value = 'x'; return new; end $$;"
        "create trigger other before insert on meta for each row execute function other()",
    )
    with pytest.raises(LedgerError, match="meta: 搬迁后不一致"):
        await move(source, postgres_database)
    await check(sqlite_database)


async def _some_rows(url: str) -> None:
    await fill(url, {table: [filled(table, 1)] for table in metadata.sorted_tables})


async def _on(url: str, statement: str, *args: str) -> None:
    server = await asyncpg.connect(url)
    await server.execute(statement, *args)
    await server.close()
