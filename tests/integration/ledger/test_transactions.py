"""All or nothing, and one at a time for each asset."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from secrets import token_hex
from textwrap import dedent
from time import sleep
from typing import Any, cast

import asyncpg
import pytest

from streams.ledger import Conflict, Ledger, LedgerUnavailable, Move, open_ledger
from streams.ledger.engines.sqlite import SqliteConnector, SqliteSession
from streams.rules.state.snapshot import ChangeSet, Needs
from tests.support.ledger import (
    NOW,
    REGISTRY,
    asset_pk,
    key,
    load,
    message,
    named_problem,
    next_offsets,
    notice,
    open_ticket,
    problem,
    run,
    save,
)


class _BrokenError(Exception):
    pass


async def test_a_rollback_leaves_nothing(ledger: Ledger) -> None:
    """Neither rows nor assets nor the offset stay behind an exception."""

    async def fail() -> None:
        async with ledger.transaction() as tx:
            snapshot = await tx.load(Needs(asset_ids={"asset-1"}, new_tickets=1), REGISTRY)
            asset = snapshot.assets["asset-1"].pk
            change_set = ChangeSet(
                problems=[problem("a", asset, 1, 1)],
                new_tickets=[open_ticket(1, "a", asset)],
                runs=[run(asset)],
                notices=[notice("n", 1, asset)],
                commands=["c"],
                outbox=[message("m")],
            )
            await tx.save(change_set, NOW)
            await tx.offsets.move("findings", {0: Move(None, 10)})
            raise _BrokenError

    with pytest.raises(_BrokenError):
        await fail()
    async with ledger.transaction() as tx:
        assert await tx.offsets.all() == {}
        assert await tx.outbox.count() == 0
    needs = Needs(
        asset_ids={"asset-1"},
        problem_keys={named_problem("a")},
        runs={("asset-1", "crawler", "run-1")},
        command_ids={"c"},
    )
    snapshot = await load(ledger, needs)
    assert (snapshot.problems, snapshot.tickets, snapshot.runs, snapshot.commands) == ({}, {}, {}, set())


@pytest.mark.parametrize(
    "again",
    [
        lambda asset: ChangeSet(problems=[problem("a", asset)]),
        lambda asset: ChangeSet(new_tickets=[open_ticket(9, "a", asset)]),
        lambda asset: ChangeSet(new_tickets=[open_ticket(9, "b", asset)._replace(group_key=key("group"))]),
        lambda _: ChangeSet(commands=["command-1"]),
    ],
    ids=["fingerprint", "ticket id", "group", "command"],
)
async def test_a_second_one_is_a_conflict(ledger: Ledger, again: object) -> None:
    """What must be unique is, and the transaction may be tried again."""
    asset = await asset_pk(ledger)
    shared = open_ticket(1, "a", asset)._replace(group_key=key("group"))
    await save(ledger, ChangeSet(problems=[problem("a", asset, 1, 1)], new_tickets=[shared], commands=["command-1"]))
    with pytest.raises(Conflict) as caught:
        await save(ledger, again(asset))  # type: ignore[operator]
    assert caught.value.retriable
    await load(ledger, Needs(asset_ids={"asset-1"}))


async def test_tasks_of_one_worker_do_not_interleave(ledger: Ledger) -> None:
    """Ten tasks that count up the same run lose nothing."""
    asset = await asset_pk(ledger)
    await save(ledger, ChangeSet(runs=[run(asset)._replace(counted=0)]))
    await asyncio.gather(*(_count_up(ledger) for _ in range(10)))
    assert await _counted(ledger) == 10


async def test_two_workers_serialise_on_the_asset(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """Each reads what the other has committed: forty increments by two workers make forty."""
    first, second = postgres_ledgers
    asset = await asset_pk(first)
    await save(first, ChangeSet(runs=[run(asset)._replace(counted=0)]))
    await asyncio.gather(*(_count_up(worker) for worker in (first, second) * 20))
    assert await _counted(first) == 40


async def test_the_second_worker_waits_for_the_first(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """While one holds an asset, the other cannot load it, but can load another one."""
    first, second = postgres_ledgers
    await asset_pk(first)
    async with first.transaction() as tx:
        await tx.load(Needs(asset_ids={"asset-1"}), REGISTRY)
        waiting = asyncio.create_task(load(second, Needs(asset_ids={"asset-1"})))
        await load(second, Needs(asset_ids={"asset-2"}))
        assert not waiting.done()
    assert set((await waiting).assets) == {"asset-1"}


async def test_two_workers_that_meet_the_same_new_assets(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """Both ask for the same hundred unknown assets in opposite order: no deadlock, one row each."""
    ids = {f"asset-{number}" for number in range(100)}
    snapshots = await asyncio.gather(*(load(worker, Needs(asset_ids=ids)) for worker in postgres_ledgers))
    assert snapshots[0].assets == snapshots[1].assets


async def test_a_deadlock_is_a_conflict(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """Two workers that lock in opposite order: one gets through, the other may try again."""
    held = [asyncio.Event(), asyncio.Event()]

    async def cross(mine: int, other: int) -> None:
        async with postgres_ledgers[mine].transaction() as tx:
            await tx.load(Needs(asset_ids={f"asset-{mine}"}), REGISTRY)
            held[mine].set()
            await held[other].wait()
            await tx.load(Needs(asset_ids={f"asset-{other}"}), REGISTRY)

    ended = await asyncio.gather(cross(0, 1), cross(1, 0), return_exceptions=True)
    assert [type(end) for end in ended if end is not None] == [Conflict]


async def test_a_lost_connection_is_worth_another_try(postgres_database: str) -> None:
    """When the server drops the connection inside a transaction, nothing is saved and the next one works."""
    ledger = await open_ledger(postgres_database, owner="worker-1")

    async def interrupted() -> None:
        async with ledger.transaction() as tx:
            await tx.offsets.move("findings", {0: Move(None, 10)})
            await _drop_connections(postgres_database)
            await tx.offsets.move("findings", {1: Move(None, 10)})

    with pytest.raises(LedgerUnavailable):
        await interrupted()
    async with ledger.transaction() as tx:
        assert await tx.offsets.all() == {}
    await ledger.close()


async def test_cancelled_while_it_commits(sqlite_database: str) -> None:
    """Whoever is cancelled in the middle of a commit leaves when it is done; the next transaction finds all of it."""
    ledger = await open_ledger(sqlite_database, owner="worker-1")
    asset = await asset_pk(ledger)
    written = asyncio.Event()

    async def write() -> None:
        async with ledger.transaction() as tx:
            await tx.save(ChangeSet(runs=[run(asset)], outbox=[message(token_hex(500_000)) for _ in range(20)]), NOW)
            written.set()

    writing = asyncio.create_task(write())
    await written.wait()
    await asyncio.sleep(0)
    for _ in range(3):
        writing.cancel()
        await asyncio.sleep(0)
    assert not writing.done()
    following = asyncio.create_task(_counted(ledger))
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await following == run(asset).counted
    await ledger.close()


async def test_cancelled_while_a_commit_fails(sqlite_database: str) -> None:
    """Then it is the cancelling that counts: whoever repeats what failed would never end."""
    connector = SqliteConnector(Path(sqlite_database.removeprefix("sqlite:///")))
    connector._writer = cast("sqlite3.Connection", _FullDisk(connector._writer))
    connector._session = SqliteSession(connector._writer)

    async def write() -> None:
        async with connector.session() as session:
            await session.run("insert into commands (command_id) values ('c')")

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.05)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    with pytest.raises(LedgerUnavailable):
        await write()
    assert await connector.read("select * from commands", ()) == []
    await connector.close()


class _FullDisk:
    """A connection whose commits take a while and fail."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        if sql != "commit":
            return self._connection.execute(sql, *args)
        sleep(0.3)
        msg = "disk I/O error"
        raise sqlite3.OperationalError(msg)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


async def test_a_kill_inside_a_transaction_leaves_the_state_before(database: str) -> None:
    """SIGKILL after everything was written, before the commit: the offset and the rows are the old ones."""
    ledger = await open_ledger(database, owner="worker-1")
    asset = await asset_pk(ledger)
    async with ledger.transaction() as tx:
        await tx.offsets.move("findings", {0: Move(None, 10)})
    await ledger.close()
    program = dedent(
        f"""
        import asyncio, os, signal
        from streams.ledger import Move, open_ledger
        from streams.rules.state.snapshot import ChangeSet
        from tests.support.ledger import NOW, open_ticket, problem

        async def main():
            ledger = await open_ledger({database!r}, owner="worker-2")
            async with ledger.transaction() as tx:
                problems = [problem(f"p{{n}}", {asset}, n, 1) for n in range(1, 3000)]
                tickets = [open_ticket(n, f"p{{n}}", {asset}) for n in range(1, 3000)]
                await tx.save(ChangeSet(problems=problems, new_tickets=tickets), NOW)
                await tx.offsets.move("findings", {{0: Move(10, 3010)}})
                os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(main())
        """
    )
    died = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program], check=False)
    assert died.returncode == -signal.SIGKILL
    ledger = await open_ledger(database, owner="worker-3")
    async with ledger.transaction() as tx:
        assert await next_offsets(tx, "findings", [0]) == {0: 10}
        assert await tx._session.rows("select pk from problems union select pk from tickets") == []
    await ledger.close()


async def _count_up(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        snapshot = await tx.load(Needs(asset_ids={"asset-1"}, runs={("asset-1", "crawler", "run-1")}), REGISTRY)
        (record,) = snapshot.runs.values()
        await asyncio.sleep(0)
        await tx.save(ChangeSet(runs=[record._replace(counted=record.counted + 1)]), NOW)


async def _counted(ledger: Ledger) -> int:
    (record,) = (await load(ledger, Needs(runs={("asset-1", "crawler", "run-1")}))).runs.values()
    return record.counted


async def _drop_connections(url: str) -> None:
    server = await asyncpg.connect(url)
    await server.execute(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    await server.close()
