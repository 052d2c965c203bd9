"""`rectify policy diff` and `explain` on a database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.ledger import open_ledger
from streams.rules.state.snapshot import ChangeSet
from tests.support.command_line import CommandLine
from tests.support.ledger import asset_pk, open_ticket, problem, save

NOW = "start=2026-03-04T12:00:00+08:00,rate=0.000001,at=2026-01-01T00:00:00Z"  # a Wednesday, nearly standing still
OURS = """
extends: wuxi
pack: ours
version: 1
title: 本市规则包
checks:
  link.dead: {deadline: {amount: 1, unit: working_day, sure: N, basis: 本市通报}}
"""
OPENED = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DUE = datetime(2026, 3, 5, 15, 59, 59, tzinfo=UTC)


def deadline(**fields: Any) -> str:
    """Three working days, as the default pack sets them."""
    made = {
        "row": "link.dead",
        "amount": 3,
        "calendar": "cn-2026",
        "basis": "3个工作日，默认值，无统一规定",
        "policy": "default@1",
    }
    return orjson.dumps({**made, **fields}).decode()


@pytest.fixture
async def rectify(tmp_path: Path, sqlite_database: str) -> CommandLine:
    """Three open tickets of dead links and a wrong one, opened on Monday; a closed one, which does not count."""
    ledger = await open_ledger(sqlite_database, owner="test")
    asset = await asset_pk(ledger)
    base = open_ticket(1, "1AAA", asset)._replace(
        opened_at=OPENED,
        running_since=OPENED,
        counted_from=OPENED,
        due_at=DUE,
        deadline_json=deadline(),
        guarded=False,
        reopen_count=0,
    )
    tickets = [base._replace(pk=pk, ticket_id=f"ZG20260302-{pk}AAA") for pk in (1, 2, 3)]
    tickets[2] = tickets[2]._replace(deadline_json=deadline(policy="province@4"))
    wrong = base._replace(
        pk=4, ticket_id="ZG20260302-4AAA", check="link.wrong", deadline_json=deadline(row="link.wrong")
    )
    closed = base._replace(pk=5, ticket_id="ZG20260302-5AAA", status="closed", closed_at=OPENED)
    problems = [
        problem(f"p{pk}", asset, pk, 1)._replace(first_seen_at=OPENED, facts_json='{"evidence": {}}') for pk in (1, 2)
    ]
    await save(ledger, ChangeSet(problems=problems, new_tickets=[*tickets, wrong, closed]))
    await ledger.close()
    (tmp_path / "ours.yaml").write_text(OURS, encoding="utf-8")
    return CommandLine(tmp_path, DATABASE_URL=sqlite_database, CLOCK=NOW, POLICY="ours.yaml")


async def test_a_change_is_told_with_what_it_would_do(rectify: CommandLine) -> None:
    """Earlier, overdue at once; tickets keep their pack, and that is said."""
    said = await rectify.run("policy", "diff", "wuxi", "ours.yaml")
    found = (await rectify.run("policy", "diff", "wuxi", "ours.yaml", "--json")).json

    assert said.code == 0
    assert "wuxi@1 无锡市规则包 → ours@1 本市规则包：1 处不同" in said.out
    assert "在办整改单 4 张" in said.out
    assert "各按立单时的规则包办理（default@1 3 张、province@4 1 张），不因改版变动" in said.out
    (change,) = found["changes"]
    assert (change["path"], change["kind"]) == ("checks.link.dead.deadline", "changed")
    assert (change["before"]["words"], change["after"]) == (
        "3个工作日",
        {"words": "1个工作日", "sure": "N", "basis": "本市通报"},
    )
    tickets = found["tickets"]
    assert tickets["keep_their_pack"] is True
    assert tickets["opened_under"] == {"default@1": 3, "province@4": 1}
    assert tickets["by_check"] == {
        "link.dead": {
            "open": 3,
            "earlier": 3,
            "later": 0,
            "equal": 0,
            "overdue_at_once": 3,
            "no_longer_overdue": 0,
        },
        "link.wrong": {
            "open": 1,
            "earlier": 0,
            "later": 1,
            "equal": 0,
            "overdue_at_once": 0,
            "no_longer_overdue": 0,
        },
    }


async def test_packs_alone(rectify: CommandLine, tmp_path: Path) -> None:
    """On request, or where there is no database, which is said."""
    alone = await rectify.run("policy", "diff", "default", "nhc", "--no-tickets")
    assert (alone.code, alone.err) == (0, "")
    assert "0 处不同" in alone.out
    assert "在办整改单" not in alone.out
    elsewhere = rectify.with_settings(DATABASE_URL=f"sqlite:///{tmp_path / 'none.db'}")
    without = await elsewhere.run("policy", "diff", "default", "ours.yaml", "--json")
    assert (without.code, without.json["tickets"]) == (0, None)
    assert "--no-tickets" in without.err
    unknown = await rectify.run("policy", "diff", "default", "jiangsu")
    assert unknown.code == 1
    assert "no built-in pack" in unknown.err


async def test_why_this_deadline(rectify: CommandLine) -> None:
    """By the pack of then, whatever is in force now; a pack that is gone is said to be gone."""
    said = await rectify.run("policy", "explain", "ZG20260302-1")
    found = (await rectify.run("policy", "explain", "zg20260302-1", "--json")).json
    gone = await rectify.run("policy", "explain", "ZG20260302-3")

    assert "ZG20260302-1AAA  死链  时限 2026-03-05（周四）23:59" in said.out
    assert "起算  2026-03-02 10:00（首次检出之时）" in said.out
    assert "2026-03-03（周二） 至 2026-03-05（周四）  第1至3个工作日" in said.out
    assert "规则包 default@1，立单时的版本；现行为 ours@1，不影响本单" in said.out
    assert (found["due_at"], found["counted_from"]["origin"]) == ("2026-03-05T23:59:59+08:00", "seen")
    assert (found["deadline"]["policy"], found["deadline"]["sure"], found["pack_in_force"]) == (
        "default@1",
        "D",
        "ours@1",
    )
    assert found["days"] == [{"first": "2026-03-03", "last": "2026-03-05", "kind": "worked", "name": "", "counted": 3}]
    assert "province@4 现在不可得" in gone.out
    assert (await rectify.run("policy", "explain", "ZG9")).code == 1
