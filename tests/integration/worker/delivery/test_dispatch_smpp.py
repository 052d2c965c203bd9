"""Short messages through a real Kannel to a carrier (SMPP) that refuses, throttles, delays and fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from aiohttp import web

from notifiers.sms.kannel import KannelNotifier
from streams.ledger import Ledger
from streams.rules.state.records import Notice
from streams.worker.delivery.senders import SmsPost
from tests.support.dispatching import Office
from tests.support.kannel import Kannel
from tests.support.smsc import INVALID_RECEIVER, OK, THROTTLED, Smsc

pytestmark = pytest.mark.on_sqlite("what carriers do: the database hardly shows in it")

WITHIN_S = 40.0
# A carrier reports so quickly that the report may be recorded before the answer.
DELIVERED = (["sending", "accepted", "delivered"], ["sending", "delivered"])


class Way(NamedTuple):
    """From a ledger to the carrier and back."""

    office: Office
    carrier: Smsc
    kannel: Kannel

    async def send(self, *numbers: str) -> list[Notice]:
        """Notices to these numbers, due now."""
        ticket = await self.office.ticket("A")
        return [await self.office.notice(number, ticket, channel="sms", address=number) for number in numbers]

    async def ends(self, row: Notice, state: str) -> str:
        """The code with which it ends in this state."""
        return (await self.office.until(row, lambda found: found.state == state, WITHIN_S)).code or ""


@pytest.fixture
async def way(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Way]:
    """All of it at work."""
    office, carrier = Office(ledger), Smsc()
    kannel = Kannel(tmp_path, carrier.port)
    async with AsyncExitStack() as stack:
        await carrier.start()
        stack.push_async_callback(carrier.stop)
        stack.callback(kannel.stop)
        await asyncio.to_thread(kannel.start)
        pages = await stack.enter_async_context(_pages(office))
        notifier = KannelNotifier(kannel.sendsms_url, kannel.username, kannel.password, "10690000")
        stack.push_async_callback(notifier.close)
        sender = SmsPost(notifier, "kannel", lambda delivery: office.reports.url(pages, delivery))
        await stack.enter_async_context(office.working(sender))
        yield Way(office, carrier, kannel)


@asynccontextmanager
async def _pages(office: Office) -> AsyncIterator[str]:
    """Where the gateway reports to."""

    async def take(request: web.Request) -> web.Response:
        return web.Response(status=await office.reports.kannel(request.query))

    app = web.Application()
    app.router.add_get("/receipts/kannel", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_carrier_that_refuses_and_fails(way: Way) -> None:
    """Refused when it was handed over, reported as undeliverable afterwards: undelivered, in the carrier's words."""
    refused, failing, good = "13800002001", "13800002002", "13800002003"
    way.carrier.temper.refuse[refused] = INVALID_RECEIVER
    way.carrier.temper.fail.add(failing)
    one, two, three = await way.send(refused, failing, good)
    assert await way.ends(one, "undelivered") == f"smsc_rejected:0x{INVALID_RECEIVER:02x}"
    assert await way.ends(two, "undelivered") == "undelivered:UNDELIV/034"
    assert await way.ends(three, "delivered") == "delivered"
    assert await way.office.receipts(three) in DELIVERED
    assert (await way.office.receipts(one))[-1] == "undelivered"
    assert len(way.carrier.submitted) == 3
    assert all(one.text.startswith("【整改闭环】") for one in way.carrier.submitted)


async def test_a_carrier_that_throttles(way: Way) -> None:
    """Told to go slower, the gateway tries again by itself; the message arrives once, and we hear of the end only."""
    way.carrier.temper.throttle = 2
    (notice,) = await way.send("13800002011")
    await way.ends(notice, "delivered")
    assert [one.status for one in way.carrier.submitted] == [THROTTLED, THROTTLED, OK]
    assert await way.office.receipts(notice) in DELIVERED


async def test_a_carrier_that_takes_its_time(way: Way) -> None:
    """A late answer and a later report: accepted meanwhile, delivered at the end, sent once."""
    way.carrier.temper.answer_late, way.carrier.temper.report_late = 1.0, 3.0
    (notice,) = await way.send("13800002021")
    await way.ends(notice, "accepted")
    assert (await way.office.stands(notice)).state == "accepted"
    await way.ends(notice, "delivered")
    assert len(way.carrier.submitted) == 1


async def test_a_carrier_that_is_away(way: Way) -> None:
    """The gateway takes messages while the carrier is down, and hands each over once when it is back."""
    await way.carrier.stop()
    await asyncio.to_thread(way.kannel.wait_for_status, "(re-connecting", "(connecting")
    numbers = [f"1380000203{number}" for number in range(6)]
    notices = await way.send(*numbers)
    for notice in notices:
        await way.ends(notice, "accepted")
    await way.carrier.start()
    for notice in notices:
        await way.ends(notice, "delivered")
    assert way.carrier.taken == [(number, 1) for number in numbers]
