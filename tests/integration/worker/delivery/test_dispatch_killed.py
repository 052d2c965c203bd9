"""The dispatcher is killed again and again while it sends: nothing is lost, no short message goes out twice (N-9).

RECTIFY_TEST_KILLS=50 runs the long form: 2,000 mails and 500 short messages. What was counted is printed.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import sys
from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from time import monotonic
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from streams.ledger import Ledger
from streams.ledger.notice_tables import notices
from streams.rules.state.snapshot import ChangeSet
from tests.support.dispatch_process import dispatching
from tests.support.dispatching import Gateway, Office
from tests.support.ledger import notice, save
from tests.support.smtp import SmtpServer

KILLS = int(os.environ.get("RECTIFY_TEST_KILLS", "4"))
MAILS, SHORT = (2_000, 500) if KILLS > 6 else (120, 40)
LATE = 0.03  # seconds between taking a letter and the answer: where a kill leaves the sender in the dark
LIFE = timedelta(seconds=150)  # from one start to the next, by the sender's clocks: a lease is over by then
PATIENCE = 60.0 + 0.1 * (MAILS + SHORT)
FOOT = re.compile(r"整改闭环 · .*")  # when it was written
ENDS = {"accepted", "delivered", "uncertain"}


# A busy machine takes its time.
TIMEOUT = pytest.mark.timeout(240 + 25 * KILLS + 2 * PATIENCE)


@pytest.mark.on_sqlite("five lives of a process")
@TIMEOUT
async def test_kills_lose_nothing_and_repeat_no_short_message(
    ledger: Ledger, database: str, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    """Every notice ends with its receipt; a mail that was repeated is the same mail; every number is called once."""
    await _prove(ledger, database, smtp_server, tmp_path / "lives.log", workers=1)


@pytest.mark.long("two processes a life; the same with one is short")
@TIMEOUT
async def test_two_that_are_killed_together_do_no_worse(
    postgres_ledgers: tuple[Ledger, Ledger], postgres_database: str, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    """The same with two dispatchers on one database, which take different notices and die one after the other."""
    await _prove(postgres_ledgers[0], postgres_database, smtp_server, tmp_path / "lives.log", workers=2)


async def _prove(ledger: Ledger, database: str, smtp_server: SmtpServer, lives: Path, *, workers: int) -> None:
    office, chance = Office(ledger), random.Random(f"{KILLS} kills")  # noqa: S311
    rows = await _fill(office)
    smtp_server.misbehave.late = LATE
    async with Gateway().serving() as gateway:
        gateway.late = LATE
        kills = 0
        while kills < KILLS:
            left = MAILS + SHORT - _told(smtp_server, gateway)
            part = workers / (KILLS - kills + 1) * chance.uniform(0.3, 1.7)
            share = round(left * min(part, 0.5))  # what was under way at a kill may never be called again
            ahead = (kills // workers * LIFE).total_seconds()
            async with AsyncExitStack() as stack:
                started = [
                    await stack.enter_async_context(
                        dispatching(lives, database, smtp_server.url, gateway.url, ahead, f"{kills}-{number}")
                    )
                    for number in range(workers)
                ]
                for process in started:
                    await _until(smtp_server, gateway, _sent(smtp_server, gateway) + max(1, share // workers))
                    await asyncio.sleep(chance.uniform(0, LATE * 2))
                    assert process.returncode is None, lives.read_text(encoding="utf-8")  # noqa: ASYNC240
                    process.kill()
                    await process.wait()
            kills += workers
        interrupted = (await _states(ledger))["sending"]
        ahead = (kills // workers * LIFE).total_seconds()
        async with AsyncExitStack() as stack:
            for number in range(workers):
                last = dispatching(lives, database, smtp_server.url, gateway.url, ahead, f"last-{number}")
                await stack.enter_async_context(last)
            await _ended(ledger)
        office.clock.forward(seconds=ahead)
        uncertain = (await _states(ledger))["uncertain"]
        # The carrier reports on what the gateway took, and on nothing else.
        queries = [parse_qs(urlsplit(request["dlr-url"]).query) for request in gateway.requests]
        for query in queries:
            report = {name: values[0] for name, values in query.items()} | {"type": "1"}
            assert await office.reports.kannel(report) == 200

    mails = Counter(str(mail.message["Message-ID"]) for mail in smtp_server.mails)
    calls = Counter(query["notice"][0] for query in queries)
    states = await _states(ledger)
    repeated = sum(mails.values()) - len(mails)
    sys.stderr.write(
        f"\n{kills} kills, {workers} at a time: {MAILS} mails, of which {repeated} were repeated; {SHORT} short "
        f"messages, of which {uncertain} were uncertain and {states['uncertain']} stayed so; {interrupted} notices "
        "were being sent at the last kill\n"
    )  # what the proof is worth
    assert interrupted or uncertain or repeated, "no kill hit a letter under way"
    assert max(calls.values()) == 1
    assert len({request["to"] for request in gateway.requests}) == len(gateway.requests)
    assert set(states) <= ENDS
    assert states["accepted"] == len(mails) == MAILS
    assert states["delivered"] == len(calls)
    assert states["delivered"] + states["uncertain"] == SHORT
    _same_letters(smtp_server)
    told = {receipt["notice_id"]: receipt["state"] for receipt in await office.told(office.topics.receipts)}
    assert told == dict(await _all(ledger))
    assert len(rows) == MAILS + SHORT


async def _fill(office: Office) -> list[str]:
    """Pending notices: each to an address of its own, so that each is a letter."""
    rows = []
    for number in range(20):
        ticket = await office.ticket(f"T{number}")
        for channel, count in (("email", MAILS), ("sms", SHORT)):
            for place in range(number, count, 20):
                address = f"c{place}@unit.gov.cn" if channel == "email" else f"138{place:08}"
                row = notice(f"{channel} {place}", ticket.pk, ticket.asset_pk, channel=channel)
                rows.append(row._replace(address=address, unit_id=address))
                await office.register(rows[-1])
    await save(office.ledger, ChangeSet(notices=rows))
    return [row.notice_id for row in rows]


def _sent(server: SmtpServer, gateway: Gateway) -> int:
    return len(server.mails) + len(gateway.requests)


def _told(server: SmtpServer, gateway: Gateway) -> int:
    """Letters that have arrived at least once."""
    return len({str(mail.message["Message-ID"]) for mail in server.mails}) + len(gateway.requests)


async def _until(server: SmtpServer, gateway: Gateway, count: int) -> None:
    end = monotonic() + 60.0
    while _sent(server, gateway) < count:
        assert monotonic() < end, f"{_sent(server, gateway)} of {count}"
        await asyncio.sleep(0.003)


async def _ended(ledger: Ledger) -> None:
    end = monotonic() + PATIENCE
    while not set(states := await _states(ledger)) <= ENDS:
        assert monotonic() < end, states
        await asyncio.sleep(0.2)


async def _all(ledger: Ledger) -> list[tuple[str, str]]:
    rows = await ledger.read(select(notices.c.notice_id, notices.c.state))
    return [(bytes(row[0]).hex(), str(row[1])) for row in rows]


async def _states(ledger: Ledger) -> Counter[str]:
    return Counter(state for _, state in await _all(ledger))


def _same_letters(server: SmtpServer) -> None:
    """Whatever has one Message-ID has the same recipient, subject and text, but for its time at the foot."""
    letters: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    for mail in server.mails:
        body = mail.message.get_body(("plain",))
        assert body is not None
        text = FOOT.sub("", body.get_content())
        letters[str(mail.message["Message-ID"])].add((*mail.recipients, str(mail.message["Subject"]), text))
    differing = [versions for versions in letters.values() if len(versions) > 1]
    assert differing == []
