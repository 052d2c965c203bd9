"""The registry is followed at once: assets that appear late, calendars, tickets that belong to nobody."""

from __future__ import annotations

from typing import Any

from streams.presentation.letters.numbers import short_number
from tests.support.pipeline import Pipeline
from tests.support.smtp import SmtpServer
from tests.support.world import local

DUTY = {"name": "李值守", "email": "duty@kjj.xn.gov.cn"}


def finding(**fields: Any) -> dict[str, Any]:
    """A stale column of an asset that nobody has registered."""
    return {"asset_id": "kjj-site", "check": "column.stale", "locator": "调查征集", **fields}


async def test_an_asset_registered_late_gets_its_tickets(pipeline: Pipeline, smtp_server: SmtpServer) -> None:
    """Opened for nobody, handed over when the asset appears, and its contacts are written to."""
    pipeline.given["smtp_url"] = smtp_server.url
    async with pipeline.working():
        await pipeline.send(finding(observed_at="2026-03-02T09:00:00+08:00"))
        await pipeline.run_until("2026-03-02 11:00")
        assert pipeline.ticket()["unit_id"] is None
        assert smtp_server.mails == []

        await pipeline.register("unit", "xn-kjj", name="市科技局", contacts=[DUTY])
        await pipeline.settled()
        await pipeline.register("asset", "kjj-site", name="市科技局网站", kind="website", unit_id="xn-kjj")
        await pipeline.run_until("2026-03-02 12:00")

    (event,) = pipeline.seen.events("reassigned")
    assert (event["unit_id"], event["unit_before"], event["reason"]) == ("xn-kjj", None, "asset_registered")
    assert pipeline.ticket()["unit_id"] == "xn-kjj"
    (mail,) = smtp_server.mails
    assert mail.recipients == ("duty@kjj.xn.gov.cn",)
    subject = str(mail.message["Subject"])
    assert subject.startswith("【整改通知】")
    assert short_number(pipeline.ticket()["ticket_id"]) in subject


async def test_a_registry_imported_at_once_reaches_the_contacts(pipeline: Pipeline, smtp_server: SmtpServer) -> None:
    """Asset and unit come in one go, in whatever order their partitions are read: the contacts are written to."""
    pipeline.given["smtp_url"] = smtp_server.url
    async with pipeline.working():
        await pipeline.send(finding(observed_at="2026-03-02T09:00:00+08:00"))
        await pipeline.settled()
        await pipeline.register("asset", "kjj-site", name="市科技局网站", kind="website", unit_id="xn-kjj")
        await pipeline.settled()
        await pipeline.register("unit", "xn-kjj", name="市科技局", contacts=[DUTY])
        await pipeline.run_until("2026-03-02 12:00")
    assert [mail.recipients for mail in smtp_server.mails] == [("duty@kjj.xn.gov.cn",)]


async def test_what_belongs_to_nobody_is_escalated_as_unassigned(pipeline: Pipeline) -> None:
    """The rungs of a ticket without an owner carry the key `unassigned`."""
    async with pipeline.working():
        await pipeline.send(finding(observed_at="2026-03-02T09:00:00+08:00", due_by="2026-03-04"))
        await pipeline.run_until("2026-03-12 10:00")
    for rung in ("urge", "supervise", "bulletin"):
        (record,) = pipeline.seen.records[pipeline.topics.escalation(rung)]
        assert record.key == b"unassigned"
        assert pipeline.seen.escalations[rung][0]["unit"] is None


async def test_a_calendar_makes_provisional_deadlines_firm(pipeline: Pipeline) -> None:
    """Due in a year whose holidays nobody has published yet: provisional, until the arrangement comes."""
    pipeline.clock.set(local("2026-12-28 10:00"))
    days = [
        *({"date": f"2027-01-0{day}", "off": True, "name": "元旦"} for day in (1, 2, 3)),
        *({"date": f"2027-02-{day:02}", "off": True, "name": "春节"} for day in range(5, 13)),
    ]
    async with pipeline.working():
        await pipeline.send(finding(observed_at="2026-12-28T10:00:00+08:00"))
        await pipeline.settled()
        before = pipeline.ticket()
        assert before["deadline"]["provisional"] is True
        assert [event["year"] for event in pipeline.seen.events("calendar_missing")] == [2027]

        await pipeline.register("calendar", "2027", days=days, source="国务院办公厅")
        await pipeline.until(lambda: pipeline.seen.events("deadline_changed"))
        await pipeline.settled()
    (event,) = pipeline.seen.events("deadline_changed")
    after = pipeline.ticket()
    assert after["deadline"]["provisional"] is False
    assert event["due_at"] == after["due_at"]
    assert before["due_at"] == "2027-01-04T23:59:59+08:00"
