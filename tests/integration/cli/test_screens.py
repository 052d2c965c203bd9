"""What a terminal gets: nothing that it would obey, and at 80 places whole ids."""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from streams.cli.terminal.root import app
from streams.ledger import open_ledger
from tests.support.processors import ProcessorOnLedger, StillClock

NOW = "start=2026-03-05T12:00:00+08:00,rate=0.000001,at=2026-01-01T00:00:00Z"
EVIL = "\x1b]0;OWNED\x07\x1b[2J\x1b[31m\x9b31m\u202e红"
TICKET = re.compile(r"ZG\d{6}-[0-9A-Z]{10,12}\b")
LISTS = [
    ("ticket", "list"),
    ("ticket", "list", "--status", "待签收", "--status", "办理中", "--status", "claimed"),
    ("suspicion", "list"),
    ("notice", "list"),
    ("registry", "list"),
    ("registry", "list", "--kind", "unit"),
    ("score", "list"),
    ("run", "list"),
]


class Terminal:
    """The command line in this process, with a database of its own."""

    def __init__(self, database: str) -> None:
        self._settings = {"RECTIFY_DATABASE_URL": database, "RECTIFY_CLOCK": NOW}

    async def typed(self, *words: str, columns: int = 250) -> Result:
        """What is seen after these words on a terminal of so many places."""
        runner = CliRunner(env={**self._settings, "COLUMNS": str(columns)})
        return await asyncio.to_thread(runner.invoke, app, words)

    async def json(self, *words: str) -> Any:
        """The document that a command prints."""
        return json.loads((await self.typed(*words, "--json")).stdout)


@pytest.fixture
async def terminal(sqlite_database: str) -> Terminal:
    """Long names, an owner, and findings whose every text is an attack on whoever looks at it."""
    ledger = await open_ledger(sqlite_database, owner="test")
    processor = ProcessorOnLedger(ledger, StillClock("2026-03-03 10:05"))
    await processor.register(
        "unit:lishui-jingning", unit_id="lishui-jingning", name="丽水市景宁畲族自治县人民政府办公室",
        contacts=[{"name": "王值守", "email": "wang.zhishou@jingning.lishui.gov.cn", "phone": "13800000001"}],
    )  # fmt: skip
    await processor.register(
        "asset:jingning-portal", asset_id="jingning-portal", name="丽水市景宁畲族自治县人民政府门户网站",
        kind="website", unit_id="lishui-jingning",
    )  # fmt: skip
    found = {"asset_id": "jingning-portal", "observed_at": "2026-03-03T10:00:00+08:00", "source": "crawler"}
    texts = {"title": EVIL, "detail": EVIL, "basis": EVIL, "cause": EVIL, "due_by": "2026-03-04"}
    evidence = {"word": EVIL, "suggestion": EVIL, "url": f"https://x/{EVIL}", "snippet": EVIL}
    await processor.send(
        {**found, "check": "text.typo", "locator": f"https://x.example/{EVIL}", **texts, "evidence": evidence},
        {**found, "check": "column.stale", "locator": "首页>政务公开"},
        {**found, "check": "site.unreachable", "title": EVIL},
    )
    ticket = next(iter(processor.tickets()))
    await processor.command(
        action="claim_fix", asset_id="jingning-portal", ticket_id=ticket, measures=EVIL, reason=EVIL, command_id="c1"
    )
    await ledger.close()
    return Terminal(sqlite_database)


def obeyed(text: str) -> set[str]:
    """The characters in it that a terminal would act upon."""
    return {char for char in text if char != "\n" and unicodedata.category(char) in {"Cc", "Cf", "Cs"}}


async def test_nothing_that_a_terminal_obeys(terminal: Terminal) -> None:
    """Titles, places, evidence, bases, causes and measures of strangers, in every list and sheet."""
    ids = [ticket["ticket_id"] for ticket in await terminal.json("ticket", "list")]
    sheets = [("ticket", sheet, ticket_id) for ticket_id in ids for sheet in ("show", "why", "problems")]
    shown = ""
    for words in [*LISTS, *sheets]:
        seen = await terminal.typed(*words)
        assert seen.exit_code == 0, seen.output
        assert obeyed(seen.output) == set(), words
        shown += seen.output
    assert shown.count("OWNED") > 3, "the attack has been somewhere"


async def test_at_80_places_nothing_is_broken(terminal: Terminal) -> None:
    """Columns are left out before an id, a date or a status is broken, and names are not stacked sign by sign."""
    for words in LISTS:
        wide, narrow = [(await terminal.typed(*words, columns=columns)).stdout for columns in (250, 80)]
        assert TICKET.findall(narrow) == TICKET.findall(wide), words
        rows = [line for line in narrow.splitlines() if "  " in line.strip()]  # sentences the terminal breaks itself
        assert max(map(width, rows), default=0) <= 80, narrow
        assert len(narrow.splitlines()) <= 5 * len(wide.splitlines()), narrow


async def test_at_40_places_the_ids_are_still_whole(terminal: Terminal) -> None:
    """The terminal breaks the lines then, and not we the ids; what is left out is said."""
    wide, narrow = [(await terminal.typed("ticket", "list", columns=columns)).stdout for columns in (250, 40)]
    assert TICKET.findall(narrow) == TICKET.findall(wide)
    assert "窗口较窄，未列 · too narrow for: 程度、问题、单位" in narrow
    assert "窗口较窄" not in wide


async def test_chinese_words_name_what_lists_show(terminal: Terminal) -> None:
    """What a list shows, its options take: states, checks and units; what is not known is named with what is."""

    async def chosen(*words: str) -> list[str]:
        return [ticket["check"] for ticket in await terminal.json("ticket", "list", *words)]

    assert await chosen("--status", "待复核") == await chosen("--status", "claimed") == ["text.typo"]
    assert await chosen("--check", "错别字") == await chosen("--check", "text.typo") == ["text.typo"]
    unit = "丽水市景宁畲族自治县人民政府办公室"
    assert await chosen("--unit", unit) == await chosen("--unit", "lishui-jingning") == ["text.typo", "column.stale"]
    wrong = await terminal.typed("ticket", "list", "--status", "待签")
    assert (wrong.exit_code, "待签收 open" in wrong.stderr) == (2, True)
    nobody = await terminal.typed("ticket", "list", "--unit", "nosuch")
    assert (nobody.exit_code, nobody.stderr.partition(";")[0]) == (1, "没有单位 nosuch · no such unit")


async def test_the_time_left_is_that_of_the_mails(terminal: Terminal) -> None:
    """Working days, as in mails and events: due on Wednesday the 4th and seen on Thursday the 5th."""
    seen = (await terminal.typed("ticket", "list", "--overdue")).stdout
    assert "已逾期1个工作日" in seen
    (ticket,) = await terminal.json("ticket", "list", "--overdue")
    assert "（已逾期1个工作日）" in (await terminal.typed("ticket", "show", ticket["ticket_id"])).stdout


def width(text: str) -> int:
    """How many places a line takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
