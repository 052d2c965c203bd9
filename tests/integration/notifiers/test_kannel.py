"""Short messages through a real Kannel to a carrier's simulator, and the reports back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from notifiers.protocol import Outcome, Recipient, Sms
from notifiers.sms.kannel import KannelNotifier, parse_report, report_url
from notifiers.sms.parts import sms_parts
from notifiers.sms.report import DeliveryReport
from tests.support.kannel import Kannel, ShortMessage

SENDER = "10690000"
WITHIN_S = 20.0

NextReport = Callable[[], Awaitable[DeliveryReport | None]]


@pytest.fixture
async def notifier(kannel: Kannel) -> AsyncIterator[KannelNotifier]:
    """Return a notifier on the gateway."""
    notifier = KannelNotifier(kannel.sendsms_url, kannel.username, kannel.password, SENDER)
    yield notifier
    await notifier.close()


@pytest.fixture
async def reports() -> AsyncIterator[tuple[str, NextReport]]:
    """Return the public URL of a receiver of reports, and a function that waits for the next one."""
    queue: asyncio.Queue[DeliveryReport | None] = asyncio.Queue()

    async def receive(request: web.Request) -> web.Response:
        queue.put_nowait(parse_report(request.query))
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_get("/receipts/kannel", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]

    async def next_report() -> DeliveryReport | None:
        async with asyncio.timeout(WITHIN_S):
            return await queue.get()

    yield f"http://{host}:{port}", next_report
    await runner.cleanup()


async def arrived(kannel: Kannel, number: str, parts: int = 1) -> list[ShortMessage]:
    """Return what the carrier got for a number, once all parts are there."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            got = [part for part in kannel.received if part.receiver == number]
            if len(got) >= parts:
                return got
            await asyncio.sleep(0.05)


def sms(number: str, text: str, url: str | None = None) -> Sms:
    """Return a message to a number, which also makes its id."""
    return Sms(f"n-{number}", Recipient("王五", number, "duty"), text, url)


async def test_chinese_arrives_unmangled(kannel: Kannel, notifier: KannelNotifier) -> None:
    """What the carrier gets is what was written, punctuation and ticket number included."""
    text = "【整改闭环】催办：“栏目不更新” 已逾期1个工作日 & 100%，整改单T-8F3K+2"
    outcome = await notifier.send(sms("13800001001", text))
    (got,) = await arrived(kannel, "13800001001")
    assert outcome.state == "accepted"
    assert (got.sender, got.text) == (SENDER, text)


async def test_a_long_text_arrives_whole(kannel: Kannel, notifier: KannelNotifier) -> None:
    """A text of two parts is paid as two and loses nothing."""
    text = "整改" * 60 + "整改单T-1"
    await notifier.send(sms("13800001002", text))
    got = await arrived(kannel, "13800001002", parts=2)
    assert sms_parts(text) == len(got) == 2
    assert "".join(part.text for part in sorted(got, key=lambda part: part.part or 0)) == text


async def test_seventy_characters_are_one_part(kannel: Kannel, notifier: KannelNotifier) -> None:
    """Our count of parts agrees with the gateway's at the border."""
    await notifier.send(sms("13800001003", "整" * 70))
    await notifier.send(sms("13800001004", "整" * 71))
    assert len(await arrived(kannel, "13800001004", parts=sms_parts("整" * 71))) == 2
    assert len(await arrived(kannel, "13800001003")) == sms_parts("整" * 70)


async def test_reports_come_back(notifier: KannelNotifier, reports: tuple[str, NextReport]) -> None:
    """The gateway reports submission and delivery, in either order, each with our id and its rank."""
    public_url, next_report = reports
    await notifier.send(sms("13800001005", "甲", report_url(public_url, "n-13800001005")))
    got = [await next_report() for _ in range(2)]
    assert {(report.notice_id, report.state, report.rank) for report in got if report} == {
        ("n-13800001005", "accepted", 2),
        ("n-13800001005", "delivered", 3),
    }


async def test_a_carrier_that_is_away(
    kannel: Kannel, notifier: KannelNotifier, reports: tuple[str, NextReport]
) -> None:
    """The gateway queues what it cannot pass on, and delivers it once the carrier is back."""
    public_url, next_report = reports
    kannel.stop_carrier()
    outcome = await notifier.send(sms("13800001006", "乙", report_url(public_url, "n-13800001006")))
    kannel.start_carrier()
    states = {report.state for report in [await next_report(), await next_report()] if report}
    assert outcome.state == "accepted"
    assert states == {"accepted", "delivered"}
    assert [got.text for got in await arrived(kannel, "13800001006")] == ["乙"]


async def test_a_wrong_password(kannel: Kannel) -> None:
    """The gateway's refusal of a login is told apart."""
    stranger = KannelNotifier(kannel.sendsms_url, kannel.username, "wrong-word", SENDER)
    outcome = await stranger.send(sms("13800001007", "甲"))
    await stranger.close()
    assert outcome == Outcome("dead", "auth:403")
