"""Stories from real life through the real pipeline: Kafka in, worker, ledger, real mail, real short messages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.kannel import Kannel
from tests.support.pipeline import Pipeline
from tests.support.smtp import SmtpServer
from tests.support.world import local


class Office:
    """The people of 市科技局 and their supervisors, with numbers that no other test uses."""

    def __init__(self, pipeline: Pipeline, smtp: SmtpServer, kannel: Kannel, number: int) -> None:
        self.pipeline, self.smtp, self.kannel = pipeline, smtp, kannel
        self.phones = {name: f"1{number:06}{place:04}" for place, name in enumerate(("duty", "head", "supervisor"))}
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
        """Who got which mail, in order: the first word of the subject tells."""
        return [(mail.recipients[0].partition("@")[0], str(mail.message["Subject"])) for mail in self.smtp.mails]

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


@pytest.fixture
def office(pipeline: Pipeline, smtp_server: SmtpServer, kannel: Kannel) -> Office:
    """Return a unit, its head and its supervisor, with a mail server and an SMS gateway."""
    return Office(pipeline, smtp_server, kannel, int(pipeline.topics.prefix[1:], 16) % 1_000_000)


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
                "basis": "2023年第一季度政府网站及政务新媒体抽查情况的通报",
                "detail": "其他栏目存在应更新未更新",
            }
        )
        await pipeline.run_until("2023-03-09 12:00")
        print(pipeline.seen.events())
        print(office.mailed(), office.texted())
        print(await office.delivered(1))
