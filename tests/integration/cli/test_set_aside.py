"""`rectify db check` lists what is set aside, `rectify db retry` has it tried again (O-14)."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.ledger import open_ledger
from streams.rules.state.snapshot import ChangeSet
from tests.support.command_line import CommandLine
from tests.support.ledger import NOW, asset_pk, at, open_ticket, save

FAULT = "KeyError at escalation.py:88 in review"


@pytest.fixture
async def command(tmp_path: Path, database: str) -> CommandLine:
    """Two of three tickets whose time has come are set aside."""
    ledger = await open_ledger(database)
    asset = await asset_pk(ledger)
    tickets = [open_ticket(pk, str(pk), asset)._replace(next_review_at=at()) for pk in (1, 2, 3)]
    await save(ledger, ChangeSet(new_tickets=tickets))
    async with ledger.transaction() as tx:
        assert await tx.set_aside.add("ticket", [1], FAULT, NOW) == "ZG20260302-1"
        await tx.set_aside.add("ticket", [2], FAULT, NOW)
        await tx.set_aside.add("ticket", [2], FAULT, NOW)
    await ledger.close()
    return CommandLine(tmp_path, DATABASE_URL=database)


async def due(database: str) -> list[str]:
    """The tickets that are to be reviewed."""
    ledger = await open_ledger(database)
    async with ledger.transaction() as tx:
        rows = await tx._session.rows("select ticket_id from tickets where next_review_at is not null order by pk")
    await ledger.close()
    return [ticket_id for (ticket_id,) in rows]


async def test_it_is_listed(command: CommandLine) -> None:
    """With its number, how often it was tried, and where it failed; the database is none the worse for it."""
    ended = await command.run("db", "check")
    assert ended.code == 0
    assert all(word in ended.out for word in ("ZG20260302-1", "ZG20260302-2", FAULT, "rectify db retry"))
    notes = (await command.run("db", "check", "--json")).json["set_aside"]
    assert [(note["kind"], note["name"], note["attempts"]) for note in notes] == [
        ("ticket", "ZG20260302-1", 1),
        ("ticket", "ZG20260302-2", 2),
    ]


async def test_one_or_all_are_tried_again(command: CommandLine, database: str) -> None:
    """By number; then all. What nobody has set aside is said, and so is wrong use."""
    assert await due(database) == ["ZG20260302-3"]
    notes = (await command.run("db", "check", "--json")).json["set_aside"]
    ended = await command.run("db", "retry", str(notes[1]["number"]), "--json")
    assert ended.json == {"put_back": [notes[1]["number"]], "unknown": []}
    assert await due(database) == ["ZG20260302-2", "ZG20260302-3"]
    assert (await command.run("db", "retry", "--all")).code == 0
    assert await due(database) == ["ZG20260302-1", "ZG20260302-2", "ZG20260302-3"]
    unknown = await command.run("db", "retry", "4711")
    assert (unknown.code, "4711" in unknown.err) == (1, True)
    for words in ((), ("1", "--all")):
        assert (await command.run("db", "retry", *words)).code == 2
