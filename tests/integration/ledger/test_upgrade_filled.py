"""Migrations on a filled database of each earlier version, on both engines: every row is there afterwards."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import asyncpg
import orjson
import pytest

from streams.ledger import LedgerError, check, open_ledger, upgrade
from streams.ledger.migrations import versions
from streams.ledger.migrations.revisions import revisions
from streams.ledger.migrations.schema import upgrade_to
from streams.ledger.rows import TICKET
from streams.rules.state.snapshot import Needs
from streams.rules.state.terms import published_deadline
from tests.support.filled import fill, filled, insert, rows_of, tables_of
from tests.support.ledger import REGISTRY, asset_pk

REVISIONS: Final = revisions()
BEFORE_HISTORY: Final = "0025"
_FOLDER: Final = Path(versions.__file__).parent
_RETIRED: Final = {"abilities"}  # tables that a later version has given up
_RETIRED_COLUMNS: Final = {("followers", "unit_id")}
_RENAMED: Final = "0030"  # the version in which the requests got their name


async def test_every_row_is_still_there(empty_database: str) -> None:
    """Version by version, with rows of each: what the older one held, the newer one holds; then a worker can work."""
    await upgrade_to(empty_database, REVISIONS[0])
    for number, (revision, newer) in enumerate(pairwise(REVISIONS)):
        tables = [table for table in (await tables_of(empty_database)).sorted_tables if table.name != "alembic_version"]
        numbers = (2 * number + 1, 2 * number + 2)
        await fill(empty_database, {table: [filled(table, number) for number in numbers] for table in tables})
        with pytest.raises(LedgerError, match=f"older \\(version {revision}\\).*rectify db upgrade"):
            await open_ledger(empty_database)
        before = await rows_of(empty_database)
        assert all(len(rows) >= 2 for rows in before.values())
        if newer == _RENAMED:
            requests = ({**row, "requested_at": row["asked_at"]} for row in before.pop("asks"))
            before["recheck_requests"] = [{name: row[name] for name in row if name != "asked_at"} for row in requests]
        await upgrade_to(empty_database, newer)
        after = await rows_of(empty_database)
        assert before.keys() - after.keys() <= _RETIRED
        for name, rows in ((name, rows) for name, rows in before.items() if name in after):
            columns = [column for column in rows[0] if column in after[name][0]]
            assert {(name, column) for column in rows[0].keys() - set(columns)} <= _RETIRED_COLUMNS
            old, new = ([{column: row[column] for column in columns} for row in some] for some in (rows, after[name]))
            assert sorted(new, key=repr) == sorted(old, key=repr), f"{name} from {revision} to {newer}"
    await check(empty_database)
    ledger = await open_ledger(empty_database, owner="worker-1")
    try:
        assert await asset_pk(ledger, "a new one") > 0
        async with ledger.transaction() as tx:
            await tx.load(Needs(asset_ids={"asset_id-1-整改 'x\" --"}), REGISTRY)
    finally:
        await ledger.close()


async def test_marks_leave_the_commands(empty_database: str) -> None:
    """What the system had said once before the upgrade, among the ids of commands, is not said again."""
    marks = {"guarded:00ff", "calendar_missing:2027:2026-12-20"}
    await upgrade_to(empty_database, "0016")
    commands = (await tables_of(empty_database)).tables["commands"]
    for command_id in (*marks, "c1"):
        await insert(empty_database, commands, {"command_id": command_id})
    await upgrade(empty_database)
    rows = await rows_of(empty_database)
    assert {row["mark"] for row in rows["marks"]} == marks
    assert [row["command_id"] for row in rows["commands"]] == ["c1"]


async def test_events_of_before_get_their_sentence(empty_database: str) -> None:
    """Of any name that the asset still has, with a colon or twice; that of another name stays whole in its summary."""
    kept = {"市科技局": "死链", "微信公众号：市科技局发布": "报备到期，申请复查", "门户：门户": "门户：死链"}
    await upgrade_to(empty_database, "0021")
    tables = (await tables_of(empty_database)).tables
    for number, (name, sentence) in enumerate(kept.items(), 1):
        asset = {**filled(tables["assets"], number), "name": name}
        await insert(empty_database, tables["assets"], asset)
        for event_id, summary in (("now", f"{name}：{sentence}"), ("then", f"旧名：{sentence}")):
            event = {"event_id": f"{event_id}-{number}", "body_json": json.dumps({"summary": summary})}
            row = {**filled(tables["history"], number), "asset_pk": asset["pk"], **event}
            await insert(empty_database, tables["history"], {**row, "pk": 2 * number + (event_id == "then")})
    await upgrade(empty_database)
    sentences = {row["event_id"]: row["sentence"] for row in (await rows_of(empty_database))["history"]}
    expected = {f"now-{number}": sentence for number, sentence in enumerate(kept.values(), 1)}
    assert sentences == expected | {f"then-{number}": None for number in range(1, len(kept) + 1)}


@pytest.mark.parametrize("revision", ["0001", "0022"])
async def test_a_deadlines_fields_come_from_its_text(empty_database: str, revision: str) -> None:
    """In which unit it was counted, and whether it is guessed: asked by due watch and letters without the text."""
    await upgrade_to(empty_database, revision)
    tickets = (await tables_of(empty_database)).tables["tickets"]
    texts = (
        '{"rule":"column.blank","amount":5,"unit":"working_day","provisional":true,"basis":"\\"provisional\\":false"}',
        '{"rule":"link.dark/guarded","amount":2,"unit":"hour","provisional":false,"basis":"\\"unit\\":\\"date\\""}',
    )
    for number, text in enumerate(texts):
        await insert(empty_database, tickets, filled(tickets, number) | {"deadline_json": text})
    await upgrade(empty_database)
    rows = sorted((await rows_of(empty_database))["tickets"], key=lambda row: row["pk"])
    assert [(row["due_unit"], bool(row["provisional"])) for row in rows] == [("working_day", True), ("hour", False)]
    assert [orjson.loads(row["deadline_json"])["basis"] for row in rows] == [
        orjson.loads(text)["basis"] for text in texts
    ]


async def test_what_retired_options_have_left(empty_database: str) -> None:
    """A request that something else has joined stays; a deadline that was counted anew at a transfer is of its row."""
    await upgrade_to(empty_database, "0021")
    tables = (await tables_of(empty_database)).tables
    for number, reasons in enumerate(("near_due", "claim_fix verify", "verify near_due", "waiver_ended"), start=1):
        await insert(empty_database, tables["asks"], filled(tables["asks"], number) | {"reasons": reasons})
    rest = '"amount":1,"unit":"working_day","provisional":false}'
    frozen = {"deadline_json": f'{{"rule":"message.zhaocuo/transferred/reopened",{rest}'}
    await insert(empty_database, tables["tickets"], filled(tables["tickets"], 1) | frozen)
    await upgrade(empty_database)
    rows = await rows_of(empty_database)
    assert sorted(row["reasons"] for row in rows["recheck_requests"]) == ["claim_fix", "waiver_ended"]
    terms = orjson.loads(rows["tickets"][0]["deadline_json"])
    assert (terms["row"], terms["amount"], terms["reopened"]) == ("message.zhaocuo", 1, True)


MOMENT: Final = 1_772_416_800_000_000  # 2026-03-02 10:00 in Shanghai, a Monday; microseconds
HOUR: Final = 3_600_000_000


def kept_terms(rule: str, **more: Any) -> dict[str, Any]:
    """As a ticket kept its deadline."""
    made = {"rule": rule, "amount": 3, "unit": "working_day", "calendar": "cn-2026", "provisional": False}
    return {**made, "basis": "依据", "policy": "default@1", **more}


HISTORIES: Final[tuple[tuple[dict[str, Any], dict[str, Any], int], ...]] = (  # text, fields of it, counted from (hours)
    (kept_terms("link.dead/home_page=true"), {"row": "link.dead/home_page=true"}, -2),
    (kept_terms("link.dead", amount=1), {"row": "link.dead"}, 0),  # one that had to be confirmed for two days
    (kept_terms("link.dead/extended+1/extended+1"), {"row": "link.dead", "granted": [1, 1]}, -2),
    (kept_terms("link.dead/extended", unit="date"), {"row": "link.dead", "granted": [None]}, -2),
    (kept_terms("column.stale/due_by", unit="date"), {"row": "column.stale", "given": True}, -2),
    (kept_terms("column.blank/reopened"), {"row": "column.blank", "reopened": True}, 5),
    (kept_terms("column.blank/reopened", amount=2), {"row": "column.blank", "reopened": True}, 26),  # noon of the day
    (kept_terms("a/due_by/reopened/extended+1"), {"row": "a", "given": True, "granted": [1], "reopened": True}, 5),
    (kept_terms("link.dark/guarded", unit="hour", amount=2), {"row": "link.dark/guarded"}, 70),
    (kept_terms("link.dark/reopened", unit="hour", amount=2), {"row": "link.dark", "reopened": True}, 70),
    (
        kept_terms("message.zhaocuo", counted_from="2026-03-01T10:00:00+08:00"),
        {"row": "message.zhaocuo", "timed": True},
        -24,
    ),
)


async def test_a_deadlines_history_comes_from_its_text(empty_database: str) -> None:
    """Row, extensions and reopenings were a path in a text; from when it was counted, where nobody kept that (P-5)."""
    await upgrade_to(empty_database, BEFORE_HISTORY)
    tables = (await tables_of(empty_database)).tables
    for number, (terms, _, _) in enumerate(HISTORIES):
        confirmed = number == 1
        moments = {
            "opened_at": MOMENT,
            "running_since": MOMENT + 5 * HOUR,
            "due_at": MOMENT + (37 if confirmed else 72) * HOUR,
        }
        kept = {"due_unit": terms["unit"], "provisional": False, "deadline_json": orjson.dumps(terms).decode()}
        ticket = filled(tables["tickets"], number) | moments | kept
        seen = {"first_seen_at": MOMENT - (74 if confirmed else 2) * HOUR, "facts_json": '{"evidence":{}}'}
        place = {"ticket_pk": ticket["pk"], "ordinal": 1, "key": bytes([number]) * 16}
        await insert(empty_database, tables["tickets"], ticket)
        await insert(empty_database, tables["problems"], filled(tables["problems"], number) | seen | place)
    await upgrade(empty_database)
    rows = sorted((await rows_of(empty_database))["tickets"], key=lambda row: row["pk"])
    for row, (terms, fields, hours) in zip(rows, HISTORIES, strict=True):
        shared = {name: terms[name] for name in ("amount", "calendar", "basis", "policy")}
        assert orjson.loads(row["deadline_json"]) == fields | shared
        assert (row["counted_from"] - MOMENT) / HOUR == hours, terms["rule"]
        ticket_now = TICKET.decode([row[name] for name in TICKET.columns])
        published = orjson.loads(published_deadline(ticket_now, ZoneInfo("Asia/Shanghai")))
        assert published == terms


@pytest.mark.parametrize(
    ("table", "column"), [("history", "body_json"), ("tickets", "deadline_json")], ids=["in Python", "in SQL"]
)
async def test_what_cannot_be_upgraded_is_left_as_it_was(empty_database: str, table: str, column: str) -> None:
    """A row that no version has written: one sentence says so, and the older program works on."""
    await upgrade_to(empty_database, "0021")
    tables = (await tables_of(empty_database)).tables
    await insert(empty_database, tables["assets"], filled(tables["assets"], 1))
    await insert(empty_database, tables[table], filled(tables[table], 1) | {column: "{"})
    before = await rows_of(empty_database)
    with pytest.raises(LedgerError, match="the upgrade failed and changed nothing"):
        await upgrade(empty_database)
    assert await rows_of(empty_database) == before
    with pytest.raises(LedgerError, match=r"older \(version 0021\)"):
        await check(empty_database)


def test_every_revision_has_its_file() -> None:
    """In one line, without a gap, each under the number in its name."""
    numbers = sorted(found[1] for path in _FOLDER.glob("v*.py") if (found := re.match(r"v(\d{4})_", path.name)))
    assert list(REVISIONS) == numbers


async def test_a_worker_of_before_beside_the_upgrade(database: str) -> None:
    """O-9: a running worker whose database has been upgraded meanwhile stops before it writes anything more."""
    old = await open_ledger(database, owner="old")
    try:
        await _raise_version(database)
        with pytest.raises(LedgerError, match=r"version 9999 by now, and this program works with"):
            async with old.transaction() as tx:
                await tx.registry.version()
    finally:
        await old.close()
    with pytest.raises(LedgerError, match="newer"):
        await open_ledger(database, owner="older")


async def _raise_version(url: str) -> None:
    sql = "update alembic_version set version_num = '9999'"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            connection.execute(sql)
    else:
        server = await asyncpg.connect(url)
        await server.execute(sql)
        await server.close()


async def test_an_asset_has_its_number_as_a_key(empty_database: str) -> None:
    """网站标识码 is read from the registry's record; one without it has none, whatever its name."""
    await upgrade_to(empty_database, "0028")
    assets = (await tables_of(empty_database)).tables["assets"]
    documents = {"site": {"code": "4212000001"}, "other": {}, "named": {"name": '"code"'}}
    for pk, (asset_id, more) in enumerate(documents.items(), 1):
        document = orjson.dumps({"asset_id": asset_id, "name": asset_id, **more}).decode()
        row = {"pk": pk, "asset_id": asset_id, "name": asset_id, "document_json": document}
        await insert(empty_database, assets, row)
    await upgrade(empty_database)
    rows = (await rows_of(empty_database))["assets"]
    assert {row["asset_id"]: row["code"] for row in rows} == {"site": "4212000001", "other": None, "named": None}
