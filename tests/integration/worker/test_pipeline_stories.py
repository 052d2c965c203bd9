"""Stories from real life through the real pipeline: Kafka in, worker, ledger, real mail, real short messages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.kannel import Kannel
from tests.support.pipeline import Pipeline, shown
from tests.support.smtp import SmtpServer
from tests.support.world import local

pytestmark = pytest.mark.on_both

NOTICE = "2023年第一季度政府网站及政务新媒体抽查情况的通报"


class Office:
    """The people of 市科技局 and their supervisors, with numbers that no other test uses."""

    def __init__(self, pipeline: Pipeline, smtp: SmtpServer, kannel: Kannel, number: int) -> None:
        self.pipeline, self.smtp, self.kannel = pipeline, smtp, kannel
        self.phones = {name: f"138{number:07}{place}" for place, name in enumerate(("duty", "head", "supervisor"))}
        pipeline.given |= {
            "smtp_url": smtp.url,
            "smtp_sender": "rectify@xn.gov.cn",
            "sms_provider": "kannel",
            "sms_kannel_url": kannel.sendsms_url,
            "sms_kannel_username": kannel.username,
            "sms_kannel_password": kannel.password,
            "sms_kannel_sender": "10690000",
        }

    async def register(self) -> None:
        """Publish who they are."""
        phones, register = self.phones, self.pipeline.register
        office = {"name": "政务公开办", "email": "zwgk@xn.gov.cn", "phone": phones["supervisor"]}
        await register("unit", "xn-zwgk", name="咸宁市政务公开领导小组办公室", contacts=[office])
        duty = {"name": "李值守", "email": "duty@kjj.xn.gov.cn", "phone": phones["duty"]}
        head = {"name": "王局长", "email": "head@kjj.xn.gov.cn", "phone": phones["head"], "role": "head"}
        await register("unit", "xn-kjj", name="市科技局", supervisor_id="xn-zwgk", contacts=[duty, head])
        await register("asset", "kjj-site", name="市科技局网站", kind="website", unit_id="xn-kjj", region="咸宁市")
        await self.pipeline.settled()

    def mailed(self) -> list[tuple[str, str]]:
        """Who got which mail, in order; of the subject what stands in 【】."""
        mails = [(m.recipients[0].partition("@")[0], str(m.message["Subject"])) for m in self.smtp.mails]
        return [(name, subject.partition("】")[0] + "】") for name, subject in mails]

    def texted(self) -> list[str]:
        """Who got short messages (each counted once, however many parts)."""
        names = {phone: name for name, phone in self.phones.items()}
        parts = [message for message in self.kannel.received if message.receiver in names]
        return [names[message.receiver] for message in parts if message.part in (None, 1)]

    async def delivered(self, count: int) -> list[dict[str, Any]]:
        """The receipts of short messages that the carrier has reported as delivered, once there are so many."""

        def receipts() -> list[dict[str, Any]]:
            return [r for r in self.pipeline.seen.receipts if r["channel"] == "sms" and r["state"] == "delivered"]

        await self.pipeline.until(lambda: len(receipts()) >= count)
        return receipts()

    async def hears_nothing_more(self, until: str) -> None:
        """Let the time pass: no mail, no short message, nothing on any topic."""
        await self.pipeline.settled()
        before = len(self.smtp.mails), len(self.texted()), self.pipeline.seen.count
        await self.pipeline.run_until(until)
        assert (len(self.smtp.mails), len(self.texted()), self.pipeline.seen.count) == before


@pytest.fixture
def office(pipeline: Pipeline, smtp_server: SmtpServer, kannel: Kannel) -> Office:
    """Return a unit, its head and its supervisor, with a mail server and an SMS gateway."""
    return Office(pipeline, smtp_server, kannel, int(pipeline.topics.prefix[1:], 16) % 10_000_000)


async def test_xianning_2023(pipeline: Pipeline, office: Office) -> None:
    """咸宁 2023: named in a notice, reminded, overdue, urged, supervised, claimed, rechecked, closed; then silence."""
    pipeline.clock.set(local("2023-02-24 09:00"))
    async with pipeline.working():
        await office.register()
        await pipeline.send(
            {
                "asset_id": "kjj-site",
                "check": "column.stale",
                "locator": "调查征集",
                "observed_at": "2023-02-24T09:00:00+08:00",
                "due_by": "2023-03-06",
                "basis": NOTICE,
                "detail": "其他栏目存在应更新未更新",
            }
        )
        await pipeline.run_until("2023-03-09 12:00")
        assert pipeline.when("reminded") == ["03-03 09:00"]
        assert pipeline.when("overdue") == ["03-07 00:00"]
        assert [(event["rung"], shown(event["at"])) for event in pipeline.seen.events("escalated")] == [
            ("urge", "03-07 09:00"),
            ("supervise", "03-09 09:00"),
        ]
        (told,) = pipeline.seen.escalations["supervise"]
        assert (told["unit"]["name"], told["ticket"]["deadline"]["basis"]) == ("市科技局", NOTICE)
        assert told["overdue_for"]["working_days"] == 3
        assert "contacts" not in told["unit"]
        (record,) = pipeline.seen.records[pipeline.topics.escalation("supervise")]
        assert record.key == b"xn-zwgk"

        await pipeline.command("claim_fix", pipeline.ticket(), measures="栏目已更新，并建立更新台账")
        await pipeline.settled()
        assert pipeline.ticket()["status"] == "claimed"
        (request,) = pipeline.seen.requests
        assert (request["locator"], request["reason"]) == ("调查征集", "claim_fix")
        await pipeline.send(
            {
                "type": "recheck",
                "asset_id": "kjj-site",
                "fingerprint": request["fingerprint"],
                "request_id": request["request_id"],
                "outcome": "absent",
                "observed_at": "2023-03-09T12:00:00+08:00",
            }
        )
        await pipeline.settled()
        ticket = pipeline.ticket()
        assert (ticket["status"], ticket["close_reason"]) == ("closed", "recheck_absent")

        delivered = await office.delivered(3)
        assert [(receipt["ticket_ids"], receipt["provider"]) for receipt in delivered] == [
            ([ticket["ticket_id"]], "kannel")
        ] * 3
        mails = office.mailed()
        assert mails[:3] == [("duty", "【整改通知】"), ("duty", "【临期提醒】"), ("duty", "【催办】")]
        assert sorted(mails[3:5]) == [("head", "【督办】"), ("zwgk", "【督办】")]
        assert sorted(office.texted()) == ["duty", "head", "supervisor"]
        await pipeline.run_until("2023-03-10 12:00")
        await pipeline.until(lambda: len(office.mailed()) > 5)
        assert office.mailed()[5:] == [("duty", "【销号】")]
        await office.hears_nothing_more("2023-04-20 12:00")


async def test_zhaocuo_over_the_spring_festival(pipeline: Pipeline, office: Office) -> None:
    """找错 of Friday 2026-02-13 16:00 is due on Wednesday 2026-02-25; unanswered it is urged, answered it is closed."""
    pipeline.clock.set(local("2026-02-13 16:05"))
    question = {"asset_id": "kjj-site", "check": "message.zhaocuo", "locator": "zc-1"}
    async with pipeline.working():
        await office.register()
        await pipeline.send(
            {**question, "observed_at": "2026-02-13T16:05:00+08:00", "received_at": "2026-02-13T16:00:00+08:00"}
        )
        await pipeline.settled()
        assert pipeline.ticket()["due_at"] == "2026-02-25T23:59:59+08:00"

        await pipeline.run_until("2026-02-26 10:00")
        assert pipeline.when("overdue") == ["02-26 00:00"]
        assert [subject for _, subject in office.mailed()] == ["【整改通知】", "【临期提醒】", "【催办】"]
        assert office.texted() == ["duty"]
        await office.delivered(1)

        answer = {"type": "recheck", "outcome": "absent", "evidence": {"answer": "已更正，谢谢"}}
        await pipeline.send({**question, **answer, "observed_at": "2026-02-26T09:30:00+08:00"})
        await pipeline.settled()
        assert pipeline.ticket()["status"] == "closed"
        await pipeline.run_until("2026-02-27 10:00")
        await pipeline.until(lambda: len(office.mailed()) > 3)
        assert office.mailed()[3:] == [("duty", "【销号】")]
        await office.hears_nothing_more("2026-04-01 10:00")
