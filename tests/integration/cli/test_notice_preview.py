"""`rectify notice preview` of tickets in a database: nothing is sent, nothing is recorded."""

from pathlib import Path

import pytest

from streams.ledger import open_ledger
from streams.ledger.reading.counts import counts
from streams.rules.state.snapshot import ChangeSet
from tests.support.command_line import CommandLine
from tests.support.ledger import asset_pk, at, open_ticket, problem, save


@pytest.fixture
async def rectify(tmp_path: Path, sqlite_database: str) -> CommandLine:
    """Two open tickets of one unit; one has two problems, one of them replaced by a recurrence."""
    ledger = await open_ledger(sqlite_database)
    pk = await asset_pk(ledger)
    tickets = [open_ticket(number, f"T-{number}", pk)._replace(unit_id="unit-1") for number in (1, 2)]
    gone = problem("gone", pk, 1, 1)._replace(current=False)
    found = [gone, problem("here", pk, 1, 2), problem("there", pk, 2, 1)]
    await save(ledger, ChangeSet(new_tickets=tickets, problems=found))
    assert (await counts(ledger, at())).notices == {}
    await ledger.close()
    return CommandLine(tmp_path, DATABASE_URL=sqlite_database, SMTP_SENDER="整改平台 <rectify@city.test>")


async def test_a_ticket_as_any_kind(rectify: CommandLine, tmp_path: Path) -> None:
    """The ticket as it now stands, with its current problems, as a page or as one document."""
    ended = await rectify.run("notice", "preview", "ZG20260302-T-1", "--kind", "urge", "--out", "page.html")
    assert ended.code == 0, ended.err
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "https://example.gov.cn/here" in page
    assert "https://example.gov.cn/gone" not in page
    assert "催办" in page
    document = (await rectify.run("notice", "preview", "ZG20260302-T-1", "--kind", "closed", "--json")).json
    assert "销号" in document["subject"]


async def test_a_digest_has_the_units_open_tickets(rectify: CommandLine) -> None:
    """As the unit's next morning would have it."""
    document = (await rectify.run("notice", "preview", "ZG20260302-T-1", "--kind", "digest", "--json")).json
    assert "ZG20260302-T-1" in document["text"]
    assert "ZG20260302-T-2" in document["text"]


async def test_what_a_ticket_cannot_show(rectify: CommandLine) -> None:
    """A variant is not chosen for a real ticket: it is what the ticket is."""
    ended = await rectify.run("notice", "preview", "ZG20260302-T-1", "--kind", "zhaocuo")
    assert (ended.code, "--sample" in ended.err) == (1, True)
