"""Mail server and SMS gateway are dead for ten minutes: nothing is lost, and what is urgent goes first (N-10, N-20)."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from streams.ledger import Ledger
from streams.local.processes import free_ports
from streams.rules.state.records import Notice
from streams.worker.delivery.breaker import Breaker
from streams.worker.delivery.in_flight import AT_ONCE
from tests.support.dispatching import Gateway, Office, mail_post, sms_post
from tests.support.ledger import at
from tests.support.smtp import SmtpServer

pytestmark = pytest.mark.on_sqlite("a dead server: the database hardly shows in it")

ORDINARY, URGENT = 24, 9  # of each channel


async def test_ten_dead_minutes(ledger: Ledger, smtp_server: SmtpServer) -> None:
    """Refused connections; the breakers rest and try; then everything arrives once, the exempt before the rest."""
    office, gateway = Office(ledger), Gateway(*free_ports(1))
    smtp_server.stop()
    rested = [0.0]
    rows = await _told(office, ORDINARY, exempt=False)
    async with AsyncExitStack() as stack:
        senders = mail_post(smtp_server.url), sms_post(gateway, office.reports)
        await stack.enter_async_context(office.working(*senders, breaker=lambda: Breaker(clock=lambda: rested[0])))
        for minute in range(10):
            if minute == 5:  # the later ones are the urgent ones
                rows += await _told(office, URGENT, exempt=True)
            await asyncio.sleep(0.2)
            office.clock.forward(minutes=1)
            rested[0] += 61.0
        await asyncio.sleep(0.2)
        tried = [await office.stands(row) for row in rows]
        assert {row.state for row in tried} == {"pending"}
        attempts = sum(row.attempts for row in tried)
        assert 20 <= attempts < 60, "each provider is tried, but only once a minute after the first failures"
        office.clock.forward(hours=1)  # whatever has been tried is due again; the breakers still rest
        smtp_server.start()
        await stack.enter_async_context(gateway.serving())
        rested[0] += 61.0
        for row in rows:
            await office.state(row, "accepted")
    mails = [mail.recipients[0] for mail in smtp_server.mails]
    numbers = [request["to"] for request in gateway.requests]
    for arrived, channel in ((mails, "email"), (numbers, "sms")):
        wanted = {row.address for row in rows if row.channel == channel}
        urgent = {row.address for row in rows if row.channel == channel and row.exempt}
        assert sorted(arrived) == sorted(wanted)
        # Letters that are under way at the same time may arrive in any order.
        assert urgent <= set(arrived[: URGENT + AT_ONCE - 1])


async def _told(office: Office, count: int, *, exempt: bool) -> list[Notice]:
    word = "urgent" if exempt else "ordinary"
    ticket = await office.ticket(word.upper())
    rows: list[Notice] = []
    for channel, form in (("email", f"{word}{{}}@unit.gov.cn"), ("sms", f"13{exempt:d}000000{{:02}}")):
        rows += [
            await office.notice(
                f"{word} {channel} {number}", ticket, channel=channel, address=form.format(number),
                exempt=exempt, not_before=at(seconds=number - 60 + exempt * 50),
            )
            for number in range(count)
        ]  # fmt: skip
    return rows
