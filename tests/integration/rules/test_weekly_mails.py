"""Weekly mails on the real ledgers: rows that fall due, workers that share them, a crash, the mail and its workbook."""

from __future__ import annotations

import asyncio
from datetime import time, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from schemas.limits import Weekly
from streams.ledger import Ledger
from streams.ledger.reading.notices import NoticeFilter, list_notices
from streams.ledger.reading.queries import notices_of
from streams.rules.decide import decide
from streams.rules.state.inputs import ReviewWeek
from streams.rules.state.records import Notice
from tests.support.dispatching import MovableClock, Office, mail_post
from tests.support.processors import ProcessorOnLedger, StillClock
from tests.support.smtp import SmtpServer
from tests.support.world import POLICY, local

MONDAY = Weekly(weekday=1, time=time(9))
TOLD = POLICY.model_copy(update={"sending": POLICY.sending.model_copy(update={"weekly": MONDAY})})
UNITS: dict[str, dict[str, Any]] = {
    "city": {"name": "市政府办公室", "contacts": [{"name": "周", "email": "zhou@city.gov.cn"}]},
    "kjj": {"name": "市科学技术局", "supervisor_id": "city"},
    "wjw": {"name": "市卫生健康委员会", "supervisor_id": "kjj"},
    "other": {"name": "邻市政府办公室", "contacts": [{"name": "何", "email": "he@other.gov.cn"}]},
    "far": {"name": "邻市档案局", "supervisor_id": "other"},
}


def found(asset_id: str, check: str = "link.dead", locator: str = "/a.html") -> dict[str, Any]:
    """A finding at the time of the last patrol."""
    return {
        "asset_id": asset_id, "check": check, "locator": locator, "observed_at": "2026-03-03T09:00:00+08:00",
        "source": "crawler",
    }  # fmt: skip


@pytest.fixture
async def desk(ledger: Ledger) -> ProcessorOnLedger:
    """Two cities, in each a bureau with a site; what was found on Tuesday the 3rd has been due since the 6th."""
    made = ProcessorOnLedger(ledger, StillClock("2026-03-03 09:00"), TOLD)
    for unit_id, fields in UNITS.items():
        await made.register(f"unit:{unit_id}", unit_id=unit_id, **fields)
    for unit_id in ("kjj", "wjw", "far"):
        await made.register(
            f"asset:{unit_id}", asset_id=unit_id, name=f"{UNITS[unit_id]['name']}网站", kind="website", unit_id=unit_id
        )
    await made.due()
    await made.send(found("kjj"), found("wjw"), found("far"))
    return made


async def mails(ledger: Ledger) -> dict[str, Notice]:
    """The weekly ones, by address."""
    return {one.address: one for one in await notices_of(ledger, 0) if one.kind == "weekly"}


async def test_a_row_falls_due_and_two_workers_tell_it_once(desk: ProcessorOnLedger) -> None:
    """N-74: not a minute before; each unit once, however often and by whomever it is looked at."""
    desk.clock.set(local("2026-03-09 08:59"))
    await desk.due()
    assert await mails(desk.ledger) == {}
    desk.clock.set(local("2026-03-09 09:00"))
    other = ProcessorOnLedger(desk.ledger, desk.clock, TOLD)
    await asyncio.gather(desk.due(), other.due())
    told = await mails(desk.ledger)
    assert {(one.unit_id, one.address) for one in told.values()} == {
        ("city", "zhou@city.gov.cn"), ("other", "he@other.gov.cn"),
    }  # fmt: skip
    listed = await list_notices(desk.ledger, NoticeFilter(unit_id="city"))
    assert [(one.notice.kind, one.asset_name) for one in listed if one.notice.kind == "weekly"] == [("weekly", "")]
    desk.clock.set(local("2026-03-16 08:59"))
    await desk.due()
    assert len([one for one in await notices_of(desk.ledger, 0) if one.kind == "weekly"]) == 2


class Crash(Exception):
    """The process is gone."""


async def decided_and_not_kept(desk: ProcessorOnLedger) -> None:
    """All that a due watch does, but for the commit."""
    now, processor = desk.clock.now(), desk.processor
    async with desk.ledger.transaction() as tx:
        units, snapshot = await tx.due.weeks(now.at, 10, processor.registry)
        assert units == ["city", "kjj", "other"]
        reviews = [ReviewWeek(unit_id) for unit_id in units]
        decided = decide(snapshot, reviews, now, TOLD, processor.topics).change_set
        assert len(decided.notices) == 2
        await tx.save(decided, now)
        raise Crash


async def test_what_a_crash_undoes_is_done_again_once(desk: ProcessorOnLedger) -> None:
    """N-74: the worker dies before the commit; the next one finds the row as it was."""
    desk.clock.set(local("2026-03-09 09:00"))
    with pytest.raises(Crash):
        await decided_and_not_kept(desk)
    assert await mails(desk.ledger) == {}
    await ProcessorOnLedger(desk.ledger, desk.clock, TOLD).due()
    assert set(await mails(desk.ledger)) == {"zhou@city.gov.cn", "he@other.gov.cn"}


async def test_a_row_that_no_rule_can_digest_is_set_aside_and_put_back(desk: ProcessorOnLedger) -> None:
    """O-14: it holds nobody up; once put back it is due as before."""
    now = desk.clock.now()._replace(at=local("2026-03-09 09:00"))
    async with desk.ledger.transaction() as tx:
        assert await tx.set_aside.add("week", ["city"], "ValueError", now) == "city"
    async with desk.ledger.transaction() as tx:
        assert (await tx.due.weeks(now.at, 10, desk.processor.registry))[0] == ["kjj", "other"]
        (aside,) = await tx.set_aside.all()
        assert aside.due_at == local("2026-03-09 09:00")
        assert await tx.set_aside.put_back(aside.number, now)
        assert (await tx.due.weeks(now.at, 10, desk.processor.registry))[0] == ["city", "kjj", "other"]


async def test_the_mail_tells_of_those_below_and_of_nobody_else(
    desk: ProcessorOnLedger, smtp_server: SmtpServer
) -> None:
    """N-75: numbers, the overdue, the ended, in letter and workbook; nothing of another city's; read as it is sent."""
    (ticket,) = [one for one in desk.tickets().values() if one["asset_id"] == "wjw"]
    await desk.command(action="dismiss", asset_id="wjw", ticket_id=ticket["ticket_id"], command_id="c1", reason="误报")
    desk.clock.set(local("2026-03-09 09:00"))
    await desk.due()
    row = (await mails(desk.ledger))["zhou@city.gov.cn"]
    office = Office(desk.ledger, MovableClock(local("2026-03-09 09:00") + timedelta(seconds=1)))
    async with office.working(mail_post(smtp_server.url)):
        await office.state(row, "accepted")
    (mail,) = [
        one.message for one in smtp_server.mails
        if "zhou@" in str(one.message["To"]) and "一周" in str(one.message["Subject"])
    ]  # fmt: skip
    assert str(mail["Subject"]) == "【一周整改情况】2个单位在办1件，逾期1件，本周立单2件、办结1件"
    whole = "".join(
        part.get_content() for part in mail.walk() if part.get_content_type() in ("text/plain", "text/html")
    )
    assert "市科学技术局" in whole
    assert "邻市" not in whole
    (attached,) = [part for part in mail.iter_attachments() if part.get_filename()]
    assert attached.get_filename() == "一周整改情况20260309.xlsx"
    book = load_workbook(BytesIO(attached.get_content()))
    sheets = {sheet.title: [[cell.value for cell in line] for line in sheet.iter_rows(min_row=2)] for sheet in book}
    assert sheets["各单位"] == [
        ["市科学技术局", "1", "1", "1", "0", ""], ["市卫生健康委员会", "0", "0", "1", "1", ""],
    ]  # fmt: skip
    assert [line[1] for line in sheets["逾期"]] == ["市科学技术局"]
    assert [line[1] for line in sheets["本周办结"]] == ["市卫生健康委员会"]
