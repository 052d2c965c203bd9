"""What `rectify notice list` and `show` read from the database; addresses stay masked."""

from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from streams.ledger import open_ledger
from streams.rules.state.records import HistoryEntry
from streams.rules.state.snapshot import ChangeSet
from tests.support.command_line import CommandLine
from tests.support.ledger import START, asset_pk, key, notice, open_ticket, save

NOW = "start=2026-03-05T12:00:00+08:00,rate=0.000001,at=2026-01-01T00:00:00Z"
DEADLINE = '{"row":"link.dead","amount":3,"calendar":"cn-2026","basis":"x","policy":"default@1"}'
DEAD, STOPPED, UNCERTAIN = (key(name).hex() for name in ("dead", "stopped", "uncertain"))


@pytest.fixture
async def rectify(tmp_path: Path, sqlite_database: str) -> CommandLine:
    """Three notices of two tickets: a mail that was refused, one that was stopped, and an SMS that nobody knows of."""
    ledger = await open_ledger(sqlite_database, owner="test")
    site = await asset_pk(ledger)
    tickets = [open_ticket(pk, f"{pk}AAA", site, problems=0)._replace(deadline_json=DEADLINE) for pk in (1, 2)]
    later = START + timedelta(days=1)
    event = {
        "type": "notice_suppressed", "at": "2026-03-03T09:00:00+08:00", "rule": "N-22", "by": "张三",
        "summary": "asset-1：张三 停发给王某的邮件通知", "said": "已电话告知", "notice_id": STOPPED,
    }  # fmt: skip
    await save(
        ledger,
        ChangeSet(
            new_tickets=tickets,
            notices=[
                notice("dead", 1, site)._replace(state="dead", code="550", updated_at=START),
                notice("stopped", 1, site, kind="urge")._replace(state="suppressed", code="stopped", updated_at=later),
                notice("uncertain", 2, site, channel="sms")._replace(
                    state="uncertain", code="interrupted", unit_id="unit-2", updated_at=later
                ),
            ],
            history=[HistoryEntry("e1" * 16, site, 1, later, "notice_suppressed", orjson.dumps(event).decode())],
        ),
    )
    await ledger.close()
    return CommandLine(tmp_path, DATABASE_URL=sqlite_database, CLOCK=NOW)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), {DEAD, STOPPED, UNCERTAIN}),
        (("--state", "dead", "--state", "uncertain"), {DEAD, UNCERTAIN}),
        (("--channel", "sms"), {UNCERTAIN}),
        (("--unit", "unit-1"), {DEAD, STOPPED}),
        (("--ticket", "ZG20260302-2"), {UNCERTAIN}),
        (("--since", "2026-03-03"), {STOPPED, UNCERTAIN}),
        (("--since", "2026-03-03T09:01"), set()),
    ],
)
async def test_notices_by_what_they_are(rectify: CommandLine, words: tuple[str, ...], found: set[str]) -> None:
    """Each filter."""
    ended = await rectify.run("notice", "list", "--json", *words)
    assert {one["notice_id"] for one in ended.json} == found, ended.err
    assert "wang@" not in ended.out
    assert "13800000001" not in ended.out


async def test_the_list_is_for_people(rectify: CommandLine) -> None:
    """State, code, ticket and a masked recipient, under the short id by which it can be named."""
    ended = await rectify.run("notice", "list")
    assert ended.code == 0, ended.err
    line = next(line for line in ended.out.splitlines() if line.startswith(DEAD[:8]))
    assert [word in line for word in ("发送失败", "550", "w***@unit.gov.cn", "unit-1")] == [True] * 4


async def test_one_notice(rectify: CommandLine) -> None:
    """By the beginning of its id: its fields, why it was not sent, and who said so."""
    shown = (await rectify.run("notice", "show", STOPPED[:8], "--json")).json
    assert (shown["state"], shown["code"], shown["ticket_id"]) == ("suppressed", "stopped", "ZG20260302-1AAA")
    assert "由人工停发" in shown["why"]
    assert [event["said"] for event in shown["events"]] == ["已电话告知"]
    text = (await rectify.run("notice", "show", STOPPED[:8])).out
    assert "张三 停发给王某的邮件通知，理由：已电话告知" in text
    assert "wang@" not in text


async def test_a_notice_that_is_not_there(rectify: CommandLine) -> None:
    """Said in a sentence."""
    for wanted in ("0123456789abcdef", "zz"):
        ended = await rectify.run("notice", "show", wanted)
        assert (ended.code, "没有通知" in ended.err) == (1, True), ended.err
