"""`rectify key` on both databases: made, listed, recognised, revoked; and what no key may be."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from streams.cli.terminal.root import app
from streams.ledger import open_ledger
from streams.services.api_keys import KnownKeys, read_token
from streams.store.store import open_store
from tests.support.installation import Installation

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)


def rectify(database: str, folder: Path, *words: str) -> Any:
    """The command's answer, or the sentence in which it ends."""
    given = {"RECTIFY_DATABASE_URL": database, "RECTIFY_DATA_DIR": str(folder)}
    result = CliRunner().invoke(app, ["key", *words, "--json"], env=given)
    return json.loads(result.stdout) if result.exit_code == 0 else f"{result.exit_code}: {result.stderr}"


def test_a_key_from_its_making_to_its_end(database: str, tmp_path: Path) -> None:
    """H-1: shown once, kept as a hash; recognised with its own secret alone, and not once it is revoked."""
    made = rectify(database, tmp_path, "create", "crawler", "--scope", "intake", "--source", "kjj", "--by", "王")
    token = made.pop("token")
    assert (made["scopes"], made["sources"], made["unit_id"], made["made_by"]) == (["intake"], ["kjj"], None, "王")
    assert "a key of this name" in rectify(database, tmp_path, "create", "crawler", "--scope", "read")
    (listed,) = rectify(database, tmp_path, "list")
    assert listed == made
    assert token.rpartition("_")[2] not in json.dumps(listed)

    async def recognise() -> list[Any]:
        store = await open_store(database)
        try:
            known = KnownKeys(store.keys)
            found = [await known.whose(one, NOW) for one in (token, token[:-1], f"rk_{'0' * 10}_x", "x", "")]
            used = [(await store.keys.every())[0].used_at]
            for at in (NOW + timedelta(seconds=59), NOW + timedelta(seconds=61)):
                await known.whose(token, at)
                used.append((await store.keys.every())[0].used_at)
            return [[key and key.name for key in found], used]
        finally:
            await store.close()

    names, used = run(recognise())
    assert names == ["crawler", None, None, None, None]
    assert used == [NOW, NOW, NOW + timedelta(seconds=61)]
    assert rectify(database, tmp_path, "revoke", "crawler")["revoked_at"]
    assert run(recognise())[0] == [None] * 5
    assert "no such key" in rectify(database, tmp_path, "revoke", "crawler")
    assert rectify(database, tmp_path, "create", "crawler", "--scope", "read")["key_id"] != made["key_id"]


def test_a_feeds_key_is_its_addresses(sqlite_database: str, tmp_path: Path) -> None:
    """H-9: two addresses, under the pages' own where that is known; revoked by itself."""
    asyncio.run(_unit(sqlite_database))
    made = rectify(sqlite_database, tmp_path, "create", "calendar", "--scope", "feed", "--unit", "kjj")
    names = ("deadlines.ics", "escalations.atom")
    assert made["links"] == [f"/feeds/{made['token']}/{name}" for name in names]
    assert read_token(made["token"]) is None
    assert rectify(sqlite_database, tmp_path, "revoke", "calendar")["name"] == "calendar"
    given = {
        "RECTIFY_DATABASE_URL": sqlite_database,
        "RECTIFY_DATA_DIR": str(tmp_path),
        "RECTIFY_PAGES_URL": "https://zg.office.example",
    }
    words = ["key", "create", "calendar", "--scope", "feed", "--unit", "市科技局"]
    printed = CliRunner().invoke(app, words, env=given).stdout.splitlines()
    assert [line.partition("/feeds/")[0] for line in printed[:2]] == ["https://zg.office.example"] * 2


async def _unit(database: str) -> None:
    ledger = await open_ledger(database, owner="worker-1")
    try:
        await Installation(ledger, "2026-03-02 10:00").processor.register("unit:kjj", unit_id="kjj", name="市科技局")
    finally:
        await ledger.close()


def run(work: Any) -> Any:
    """In a loop of its own, as a command runs."""
    return asyncio.run(work)


def test_what_no_key_may_be(sqlite_database: str, tmp_path: Path) -> None:
    """An acting key has unit and role, a unit is registered, a name can be read."""
    for words, said in (
        (("x", "--scope", "act"), "--unit and --role"),
        (("x", "--scope", "act", "--unit", "kjj"), "--unit and --role"),
        (("x", "--scope", "read", "--role", "handler"), "only a key that acts"),
        (("x", "--scope", "read", "--source", "kjj"), "only a key for intake"),
        (("x", "--scope", "feed"), "a feed has a key of its own"),
        (("x", "--scope", "feed", "--scope", "read", "--unit", "kjj"), "a feed has a key of its own"),
        (("x", "--scope", "read", "--unit", "nobody"), "no such unit"),
        (("x",), "2: "),
        (("x", "--scope", "admin"), "2: "),
        (("\x07", "--scope", "read"), "2: "),
    ):
        assert said in rectify(sqlite_database, tmp_path, "create", *words), words
    assert rectify(sqlite_database, tmp_path, "list") == []


def test_a_unit_by_its_name(sqlite_database: str, tmp_path: Path) -> None:
    """People type what a unit is called; the key has its id."""

    async def register() -> None:
        ledger = await open_ledger(sqlite_database, owner="worker-1")
        try:
            await Installation(ledger, "2026-03-02 10:00").processor.register(
                "unit:kjj", unit_id="kjj", name="市科技局"
            )
        finally:
            await ledger.close()

    run(register())
    made = rectify(
        sqlite_database, tmp_path, "create", "oa", "--scope", "act", "--unit", "市科技局", "--role", "handler"
    )
    assert (made["unit_id"], made["role"]) == ("kjj", "handler")


@pytest.mark.parametrize("token", ["", "rk", "rk_", "rk__x", "rk_a_", "xx_a_b", "rk_é/_b", "Bearer rk_a_b"])
def test_no_token(token: str) -> None:
    """Nothing else is taken for one."""
    read = read_token(token)
    assert read is None
