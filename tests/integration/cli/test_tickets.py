"""What the command line reads from the database: lists, one ticket, held runs."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from openpyxl import load_workbook

from streams.ledger import open_ledger
from streams.rules.intake.fingerprint import identify
from streams.rules.state.records import HistoryEntry
from streams.rules.state.snapshot import ChangeSet
from tests.support.command_line import CommandLine
from tests.support.ledger import asset_pk, notice, open_ticket, problem, run, save

NOW = "start=2026-03-05T12:00:00+08:00,rate=0.000001,at=2026-01-01T00:00:00Z"  # a Thursday, nearly standing still
DEADLINE = {
    "row": "link.dead",
    "amount": 3,
    "calendar": "cn-2026",
    "basis": "3个工作日",
    "policy": "default@1",
}


def _due(day: int, hour: int = 16) -> datetime:
    """A moment in March 2026, UTC; 15:59:59 is the end of the day in Shanghai."""
    return datetime(2026, 3, day, hour, 0, 0, tzinfo=UTC)


@pytest.fixture
async def rectify(tmp_path: Path, sqlite_database: str) -> CommandLine:
    """Four open tickets of two assets, one closed one, and two held runs of one id."""
    ledger = await open_ledger(sqlite_database, owner="test")
    first, second = await asset_pk(ledger), await asset_pk(ledger, "asset-2")
    due = [(1, _due(4)), (2, _due(6, 8)), (3, _due(10)), (4, _due(5, 8))]
    tickets = [
        open_ticket(pk, f"{pk}AAA", first if pk < 4 else second)._replace(
            due_at=moment,
            deadline_json=orjson.dumps(DEADLINE).decode(),
            unit_id=f"unit-{pk % 2}",
            plan_json='[["supervise","2026-03-09T01:00:00+00:00"]]',
        )
        for pk, moment in due
    ]
    closed = tickets[0]._replace(pk=5, ticket_id="ZG20260302-5AAA", status="closed", closed_at=_due(1))
    identity = identify("asset-1", "link.dead", "https://example.gov.cn/made")
    made = problem("made", first, 1, 1)._replace(key=identity.key, fingerprint=identity.fingerprint)
    opened = {
        "id": "e1",
        "type": "opened",
        "at": "2026-03-01T09:00:00+08:00",
        "rule": "T-1",
        "summary": "门户[1]：死链",
    }
    held = [run(pk, "r-1")._replace(state="held", accepted_by=None) for pk in (first, second)]
    await save(
        ledger,
        ChangeSet(
            problems=[made, problem("named", first, 1, 2)],
            new_tickets=[*tickets, closed],
            runs=held,
            notices=[notice("n", 1, first), notice("m", 1, first, channel="sms")],
            history=[HistoryEntry("e1", first, 1, _due(1), "opened", orjson.dumps(opened).decode())],
        ),
    )
    await ledger.close()
    return CommandLine(tmp_path, DATABASE_URL=sqlite_database, CLOCK=NOW)


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ((), "1423"),
        (("--overdue",), "1"),
        (("--near-due",), "42"),
        (("--unit", "unit-0"), "42"),
        (("--asset", "asset-2"), "4"),
        (("--check", "link.wrong"), ""),
        (("--status", "closed", "--status", "claimed"), "5"),
        (("--limit", "2"), "14"),
    ],
    ids=str,
)
async def test_the_list_is_filtered_and_the_most_urgent_comes_first(
    rectify: CommandLine, words: tuple[str, ...], numbers: str
) -> None:
    """Each filter finds what it names; near-due ends with the next working day."""
    listed = await rectify.run("ticket", "list", *words, "--json")

    assert [ticket["ticket_id"][11] for ticket in listed.json] == list(numbers)


async def test_the_list_says_what_is_left(rectify: CommandLine) -> None:
    """Days or hours to the deadline, or since; a deadline inside a day with its hour."""
    lines = (await rectify.run("ticket", "list")).out.splitlines()[1:]

    for line, left in zip(lines, ("已逾期", "今日到期", "剩余1个工作日", "剩余4个工作日"), strict=True):
        assert left in line
    assert "03-05 16:00" in lines[1]


async def test_the_list_as_a_workbook(rectify: CommandLine, tmp_path: Path) -> None:
    """All its rows in their order; a file that is there is not overwritten, and says so."""
    path = tmp_path / "台账.xlsx"
    listed = [one["ticket_id"] for one in (await rectify.run("ticket", "list", "--json")).json]
    assert (await rectify.run("ticket", "list", "--xlsx", str(path))).code == 0
    head, *rows = load_workbook(path).worksheets[0].iter_rows(values_only=True)
    assert head[:3] == ("序号", "灯", "编号")
    assert [row[2] for row in rows] == listed
    again = await rectify.run("ticket", "list", "--xlsx", str(path))
    assert (again.code, "未覆盖" in again.err) == (1, True)


async def test_a_ticket_shows_from_what_it_was_made(rectify: CommandLine) -> None:
    """A computed fingerprint is explained, a given one is called so; recipients are masked, brackets are text."""
    shown = (await rectify.run("ticket", "show", "zg20260302-1")).out
    document = (await rectify.run("ticket", "show", "ZG20260302-1AAA", "--json")).json

    assert "= 资产 asset-1，检查项 link.dead，位置 https://example.gov.cn/made" in shown
    assert "指纹 fp-named，由报送方给定" in shown
    assert "门户[1]：死链" in shown
    assert "138****0001" in shown
    assert "wang@unit.gov.cn" not in shown
    assert document["fingerprints"][0]["recipe"] == "2"
    assert document["fingerprints"][1] == {"named_by_producer": "fp-named"}
    assert {entry["recipient"] for entry in document["notices"]} == {"w***@unit.gov.cn", "138****0001"}


async def test_an_unclear_id_is_not_guessed(rectify: CommandLine) -> None:
    """Several tickets: they are named; none: that is said."""
    several = await rectify.run("ticket", "show", "ZG2026")
    none = await rectify.run("ticket", "ack", "ZG9999")

    assert (several.code, none.code) == (1, 1)
    assert "ZG20260302-2AAA" in several.err
    assert "ZG9999" in none.err


async def test_held_runs_are_listed_and_told_apart(rectify: CommandLine) -> None:
    """Two producers' runs may have one id; then the asset must be named."""
    listed = await rectify.run("run", "list", "--json")
    unclear = await rectify.run("run", "accept", "r-1")
    unknown = await rectify.run("run", "reject", "r-2")

    assert [entry["asset_id"] for entry in listed.json] == ["asset-1", "asset-2"]
    assert listed.json[0]["sample"] == {"asked": 0, "absent": 0}
    assert (unclear.code, unknown.code) == (1, 1)
    assert "--asset asset-2" in unclear.err
    assert "r-2" in unknown.err


async def test_all_problems_are_listed(rectify: CommandLine) -> None:
    """Each with its number and status; one document a line for programs."""
    listed = await rectify.run("ticket", "problems", "ZG20260302-1")
    documents = [
        orjson.loads(line)
        for line in (await rectify.run("ticket", "problems", "ZG20260302-1", "--json")).out.splitlines()
    ]

    assert "1. https://example.gov.cn/made  未消除" in listed.out
    assert listed.out.splitlines()[-1].startswith("ZG20260302-1AAA：共 1 处")
    assert [(document["number"], document["status"]) for document in documents] == [(1, "open"), (2, "open")]
    assert documents[1]["fingerprint"] == "fp-named"


async def test_a_problem_that_is_not_the_tickets_is_not_split(rectify: CommandLine) -> None:
    """By number or fingerprint; anything else is named before a command is sent."""
    refused = await rectify.run(
        "ticket", "split", "ZG20260302-1", "--problem", "2", "--problem", "fp-other", "--reason", "另有原因"
    )

    assert refused.code == 1
    assert "没有问题 fp-other" in refused.err


async def test_why_has_an_answer(rectify: CommandLine) -> None:
    """N-15: whose it is, what became of its notices, what comes next; as one document too."""
    shown = (await rectify.run("ticket", "why", "zg20260302-1")).out
    document = (await rectify.run("ticket", "why", "ZG20260302-1AAA", "--json")).json

    assert "unit-1 不在名录中" in shown
    assert "“整改通知”邮件（王某）：没有设置邮件渠道，不会发送。\n" in shown
    reasons = [answer["reason"] for answer in document["answers"]]
    assert reasons == ["unit_unknown", "channel_not_configured", "channel_not_configured", "nothing_due", "listed"]
    assert "下一步是“督办”，在 2026-03-09 09:00" in shown
    configured = rectify.with_settings(SMTP_URL="smtp://127.0.0.1:25", SMTP_SENDER="a@b.cn", SMS_PROVIDER="console")
    answers = (await configured.run("ticket", "why", "ZG20260302-1AAA", "--json")).json["answers"]
    assert [answer["reason"] for answer in answers][:3] == ["unit_unknown", "waiting", "waiting"]


async def test_a_slip_on_paper(rectify: CommandLine, tmp_path: Path) -> None:
    """整改通知单 and 督办单 as Word documents, each in a new file."""
    made = await rectify.run("ticket", "slip", "ZG20260302-2AAA", "--json")
    assert (made.code, (tmp_path / made.json["file"]).read_bytes()[:2]) == (0, b"PK"), made.err
    assert (await rectify.run("ticket", "slip", "ZG20260302-2AAA")).code == 1, "it is there already"
    other = await rectify.run("ticket", "slip", "ZG20260302-2AAA", "--form", "supervision", "--out", "督办单.docx")
    text = zipfile.ZipFile(tmp_path / "督办单.docx").read("word/document.xml").decode()
    assert (other.code, "督办事项" in text, "2AAA" in text) == (0, True, True)
