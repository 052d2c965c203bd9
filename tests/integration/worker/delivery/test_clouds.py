"""Short messages through the clouds and copies through robots, on a real ledger: reports, questions, alarms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import orjson
import pytest
from structlog.testing import capture_logs

from notifiers.chat.robot import Robot
from notifiers.protocol import Outcome
from streams.ledger import Ledger
from streams.rules.state.records import Notice
from streams.worker.delivery.alarms import Alarms, WatchedSender
from streams.worker.delivery.callbacks import Callbacks
from streams.worker.delivery.senders import ChatPost, Sender, SmsPost
from streams.worker.delivery.status_poller import StatusPoller, inquirer_of
from streams.worker.health import Health, Identity
from streams.worker.metrics import Metrics
from streams.worker.pages import build_app, serve
from tests.support.channels import PASSWORD
from tests.support.clouds import AliyunChannel, Cloud, DingtalkChannel, TencentChannel, WecomChannel, YunmasChannel
from tests.support.dispatching import Office
from tests.support.ledger import REGISTRY

pytestmark = pytest.mark.on_sqlite("what gateways answer: the database hardly shows in it")

SECRET = "callback-secret"
REFUSED = Outcome("dead", "balance:isv.AMOUNT_NOT_ENOUGH")
ACCEPTED = Outcome("accepted", "accepted")
CLOUDS: dict[str, Callable[[], Cloud]] = {
    "aliyun": AliyunChannel,
    "tencent": TencentChannel,
    "yunmas": YunmasChannel,
}


class Clouds:
    """An office whose short messages go through a cloud."""

    def __init__(self, ledger: Ledger, provider: str) -> None:
        self.office = Office(ledger)
        self.provider = provider
        self.cloud: Cloud = CLOUDS[provider]()
        self.alarms = Alarms(ledger, self.office.clock, lambda: REGISTRY, self.office.topics, self.office._offer)
        self.callbacks = Callbacks(ledger, self.office.reports, SECRET)

    def post(self, password: str = PASSWORD) -> Sender:
        """The way out, watched as in a worker."""
        notifier: Any = self.cloud.notifier(password, timeout_s=0.3)  # type: ignore[attr-defined]
        office, inquirer = self.office, inquirer_of(notifier)
        self.inquiries = StatusPoller(office.ledger, office.clock, office.reports, self.provider, inquirer)
        return WatchedSender(SmsPost(notifier, self.provider, handing=self.inquiries), self.alarms.saw)

    async def text(self, name: str, number: str = "13800000001", **changes: Any) -> Notice:
        """A short message that is due."""
        ticket = await self.office.ticket(name)
        return await self.office.notice(name, ticket, channel="sms", address=number, exempt=True, **changes)

    async def push(self, document: Any, path: str = f"/{SECRET}", **headers: str) -> httpx.Response:
        """The cloud pushes to the worker's web address."""
        health = Health(
            in_group=lambda: True,
            broker=_yes,
            database=_yes,
            oldest_batch_seconds=lambda: 0.0,
            identity=Identity("city", "rectify", "cluster"),
        )
        pages = build_app(health, Metrics(), observe=_nothing, callbacks=self.callbacks)
        content = document if isinstance(document, bytes) else orjson.dumps(document)
        async with serve(pages, "127.0.0.1", 0) as port, httpx.AsyncClient() as client:
            url = f"http://127.0.0.1:{port}/receipts/{self.provider}{path}"
            return await client.post(url, content=content, headers=headers)

    def report(self, notice: Notice, *, delivered: bool = True) -> list[dict[str, Any]]:
        """What the cloud pushes about its first message."""
        pushed: dict[str, list[dict[str, Any]]] = {
            "aliyun": [{"success": delivered, "err_code": "X", "out_id": notice.delivery_id, "biz_id": "biz-1"}],
            "tencent": [{"report_status": "SUCCESS" if delivered else "FAIL", "errmsg": "X", "sid": "serial-1"}],
            "yunmas": [{"reportStatus": "DELIVRD" if delivered else "X", "msgGroup": "group-1"}],
        }
        return pushed[self.provider]

    async def alarms_told(self) -> list[dict[str, Any]]:
        """The alarm events, in order."""
        events = await self.office.told(self.office.topics.events)
        return [event for event in events if event["type"] == "provider_alarm"]


async def _yes() -> bool:
    return True


async def _nothing() -> None:
    return None


@pytest.fixture(params=CLOUDS)
async def clouds(ledger: Ledger, request: pytest.FixtureRequest) -> AsyncIterator[Clouds]:
    """Return each cloud in turn, at work."""
    clouds = Clouds(ledger, request.param)
    await clouds.cloud.start()
    yield clouds
    await clouds.cloud.stop()


@pytest.fixture
async def aliyun(ledger: Ledger) -> AsyncIterator[Clouds]:
    """Return Aliyun, at work."""
    clouds = Clouds(ledger, "aliyun")
    await clouds.cloud.start()
    yield clouds
    await clouds.cloud.stop()


async def test_a_push_tells_the_end(clouds: Clouds) -> None:
    """N-44: by our id or the cloud's own; repeated and contradicted later, the first end stays and is told once."""
    with capture_logs() as logs:
        notice = await clouds.text("AAA")
        async with clouds.office.working(clouds.post()):
            notice = await clouds.office.state(notice, "accepted")
            assert (await clouds.push(clouds.report(notice))).status_code == 200
            assert (await clouds.office.state(notice, "delivered")).code == "delivered"
            for again in (True, False):
                assert (await clouds.push(clouds.report(notice, delivered=again))).status_code == 200
    assert await clouds.office.receipts(notice) == ["sending", "accepted", "delivered"]
    await clouds.office.all_offered()
    assert (await clouds.office.stands(notice)).state == "delivered"
    assert "13800000001" not in str(logs)
    assert b"13800000001" not in clouds.office.metrics.text()
    assert SECRET not in str(logs)


async def test_only_with_the_secret(clouds: Clouds) -> None:
    """In the path or as bearer token; without it nothing is taken, whatever is said."""
    notice = await clouds.text("AAA")
    async with clouds.office.working(clouds.post()):
        notice = await clouds.office.state(notice, "accepted")
        report = clouds.report(notice, delivered=False)
        for path in ("", "/wrong", "/%E5%AF%86"):
            assert (await clouds.push(report, path)).status_code == 403
        assert (await clouds.office.stands(notice)).state == "accepted"
        assert (await clouds.push(report, "", Authorization=f"Bearer {SECRET}")).status_code == 200
        assert (await clouds.office.stands(notice)).state == "undelivered"


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"\xff\x00", 400), (b"[[]]", 400), (b"7", 400), (b"{}", 200), (b"[]", 200), (b"x" * 2_000_000, 413)],
)
async def test_rubbish_is_answered(clouds: Clouds, body: bytes, status: int) -> None:
    """Never with a 500."""
    assert (await clouds.push(body)).status_code == status


async def test_a_report_about_a_message_of_another(clouds: Clouds) -> None:
    """The account may have other users: it is passed over, and not pushed again."""
    notice = await clouds.text("AAA")
    answer = await clouds.push(clouds.report(notice._replace(delivery_id="f" * 32)))
    assert answer.status_code == 200
    assert (await clouds.office.stands(notice)).state == "pending"


async def test_what_nobody_reports_is_asked(aliyun: Clouds) -> None:
    """After two minutes, and ever more seldom; what was answered once is not asked again."""
    notice = await aliyun.text("AAA")
    async with aliyun.office.working(aliyun.post()):
        notice = await aliyun.office.state(notice, "accepted")
        await aliyun.inquiries.round()
        assert aliyun.cloud.asked == []
        aliyun.office.clock.forward(minutes=3)
        await aliyun.inquiries.round()
        await aliyun.inquiries.round()
        assert len(aliyun.cloud.asked) == 1
        aliyun.cloud.statuses = [{"OutId": notice.delivery_id, "SendStatus": 3}]
        aliyun.office.clock.forward(minutes=8)
        await aliyun.inquiries.round()
        assert (await aliyun.office.stands(notice)).state == "delivered"
        aliyun.office.clock.forward(days=3)
        await aliyun.inquiries.round()
        assert len(aliyun.cloud.asked) == 2


async def test_an_unanswered_call_is_asked_about_and_never_repeated(aliyun: Clouds) -> None:
    """The cloud took the message and the answer was lost: uncertain, then known."""
    aliyun.cloud.behave("drop")
    notice = await aliyun.text("AAA")
    async with aliyun.office.working(aliyun.post()):
        notice = await aliyun.office.state(notice, "uncertain")
        aliyun.cloud.statuses = [{"OutId": notice.delivery_id, "SendStatus": 1}]
        aliyun.office.clock.forward(minutes=3)
        await aliyun.inquiries.round()
        assert (await aliyun.office.stands(notice)).state == "accepted"
        aliyun.cloud.statuses = [{"OutId": notice.delivery_id, "SendStatus": 2, "ErrCode": "UNDELIV"}]
        aliyun.office.clock.forward(minutes=8)
        await aliyun.inquiries.round()
        assert (await aliyun.office.stands(notice)).code == "undelivered:UNDELIV"
    assert len(aliyun.cloud.taken) == 1


async def test_a_crash_in_mid_call_is_asked_about(aliyun: Clouds) -> None:
    """Killed before the answer: uncertain, asked about, never sent again; the cloud's word is the end of it."""
    aliyun.cloud.behave("stall")
    notice = await aliyun.text("AAA")
    async with aliyun.office.crashing(aliyun.post()):
        async with asyncio.timeout(10):
            while not aliyun.cloud.taken:  # noqa: ASYNC110 - the other end is a server
                await asyncio.sleep(0.01)
    aliyun.cloud.behave("work")
    aliyun.office.clock.forward(minutes=3)
    async with aliyun.office.working(aliyun.post()):
        notice = await aliyun.office.state(notice, "uncertain")
        assert notice.code == "interrupted"
        aliyun.cloud.statuses = [{"OutId": notice.delivery_id, "SendStatus": 3}]
        await aliyun.inquiries.round()
        assert (await aliyun.office.stands(notice)).state == "delivered"
    assert len(aliyun.cloud.taken) == 1


async def test_what_was_refused_is_not_asked_about(aliyun: Clouds) -> None:
    """Nothing of it is kept."""
    aliyun.cloud.behave("refuse")
    notice = await aliyun.text("AAA")
    async with aliyun.office.working(aliyun.post()):
        await aliyun.office.state(notice, "dead")
        aliyun.office.clock.forward(minutes=3)
        await aliyun.inquiries.round()
    assert aliyun.cloud.asked == []


async def test_what_is_asked_about_in_vain_is_left_alone(aliyun: Clouds, ledger: Ledger) -> None:
    """Three days of silence: it stays uncertain, and its row is gone."""
    aliyun.cloud.behave("drop")
    notice = await aliyun.text("AAA")
    async with aliyun.office.working(aliyun.post()):
        await aliyun.office.state(notice, "uncertain")
    for _ in range(7):
        aliyun.office.clock.forward(days=1)
        await aliyun.inquiries.round()
    assert (await aliyun.office.stands(notice)).state == "uncertain"
    async with ledger.transaction() as tx:
        assert await tx.provider_refs.to_ask("aliyun", aliyun.office.clock.now().real, 10) == []


async def test_a_refused_account_is_said_once(aliyun: Clouds, ledger: Ledger) -> None:
    """N-45: three messages and a second worker, one alarm. Once it works, the next refusal is new."""
    other = Clouds(ledger, "aliyun")
    with capture_logs() as logs:
        notices = [await aliyun.text(name, f"1380000000{name}") for name in ("1", "2", "3")]
        async with aliyun.office.working(aliyun.post("wrong")):
            await aliyun.office.until(notices[0], lambda found: found.attempts > 0 and found.state == "pending")
        await other.alarms.saw("aliyun", "sms", REFUSED)
    (alarm,) = await aliyun.alarms_told()
    await aliyun.office.all_offered()
    assert (alarm["rule"], alarm["provider"], alarm["reason"]) == ("N-45", "aliyun", "auth")
    assert alarm["code"] == "auth:SignatureDoesNotMatch"
    assert [entry["event"] for entry in logs].count("provider_alarm") == 1
    await other.alarms.saw("aliyun", "sms", ACCEPTED)
    await other.alarms.saw("aliyun", "sms", REFUSED)
    assert len(await aliyun.alarms_told()) == 2


async def test_copies_reach_their_groups(ledger: Ledger) -> None:
    """N-46: a refused robot is its own affair; the others' copies go, recorded before they are sent."""
    clouds, good, bad = Clouds(ledger, "aliyun"), DingtalkChannel(), WecomChannel()
    await good.start()
    await bad.start()
    robots: dict[str, Robot] = {"督办群": good.notifier(), "旧群": bad.notifier("wrong")}  # type: ignore[dict-item]
    office = clouds.office
    ticket = await office.ticket("AAA")
    notices = [
        await office.notice(name, ticket, channel="chat", address=name, kind="urge", role="group")
        for name in ("督办群", "旧群", "没有的群")
    ]
    async with office.working(ChatPost(robots, clouds.alarms.saw)):
        codes = [(await office.state(notice, "accepted", "dead")).code for notice in notices]
    await good.stop()
    await bad.stop()
    assert codes == ["accepted", "robot_refused:93000", "unknown_group"]
    assert await office.receipts(notices[0]) == ["sending", "accepted"]
    assert [alarm["provider"] for alarm in await clouds.alarms_told()] == ["wecom:旧群"]
    assert len(good.taken) == 1
    assert ticket.ticket_id in good.taken[0]
    assert bad.taken == []


async def test_a_cloud_that_calls_two_messages_the_same(ledger: Ledger) -> None:
    """Its fault loses neither: the second keeps our own name, and both are asked about."""
    clouds = Clouds(ledger, "aliyun")
    clouds.cloud.success = lambda: {"Code": "OK", "BizId": "0"}  # type: ignore[method-assign]
    await clouds.cloud.start()
    notices = [await clouds.text(name, f"1380000000{name}") for name in ("1", "2")]
    async with clouds.office.working(clouds.post()):
        for notice in notices:
            await clouds.office.state(notice, "accepted")
        clouds.office.clock.forward(minutes=3)
        await clouds.inquiries.round()
    await clouds.cloud.stop()
    assert sorted(asked["PhoneNumber"] for asked in clouds.cloud.asked) == ["13800000001", "13800000002"]
