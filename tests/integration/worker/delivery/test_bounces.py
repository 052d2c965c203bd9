"""Bounces: from a real postfix back to the notice, by HTTP and by a mail server's pipe."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from notifiers.email import EmailNotifier
from notifiers.return_path import ReturnPath
from streams.ledger import Ledger, open_ledger
from streams.rules.state.records import Notice
from streams.worker.delivery.bounces import BOUNCE_BYTES, Bounces
from streams.worker.delivery.senders import MailPost
from streams.worker.health import Health, Identity
from streams.worker.pages import build_app, serve
from tests.support.command_line import CommandLine
from tests.support.dispatching import Office
from tests.support.postfix import Postfix
from tests.support.smtp import SmtpServer

pytestmark = pytest.mark.on_sqlite("what mail servers return: the database hardly shows in it")

FROM = "整改平台 <rectify@city.test>"
VERP = "bounces+{}@city.test"
SECRET = "the mail server's secret"


@pytest.fixture
def postfix(smtp_server: SmtpServer) -> Iterator[Postfix]:
    """A postfix that hands what is addressed to city.test, such as bounces, to `smtp_server`."""
    server = Postfix(next_port=smtp_server.port, tls=True)
    server.start()
    yield server
    server.stop()


def post(postfix: Postfix, returns: str = VERP, options: str = "") -> MailPost:
    """Mail through this postfix."""
    starttls = options or f"?starttls=require&cafile={postfix.certificate}"
    return MailPost(EmailNotifier(f"smtp://127.0.0.1:{postfix.port}{starttls}", returns, timeout_s=10.0), FROM)


async def accepted(office: Office, post: MailPost, address: str) -> Notice:
    """A notice that a mail server has taken."""
    row = await office.notice("n-1", await office.ticket("T-1"), address=address)
    async with office.working(post):
        return await office.state(row, "accepted")


@asynccontextmanager
async def web(office: Office, secret: str = SECRET) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the worker's pages, with the mail server's secret."""

    async def nothing() -> None:
        """There are no gauges."""

    async def answers() -> bool:
        return True

    health = Health(
        in_group=lambda: True,
        broker=answers,
        database=answers,
        oldest_batch_seconds=lambda: 0.0,
        identity=Identity("city", "rectify", "cluster"),
    )
    bounces = Bounces(office.reports, ReturnPath.parse(VERP), secret)
    app = build_app(health, office.metrics, observe=nothing, reports=office.reports, bounces=bounces)
    headers = {"Authorization": f"Bearer {SECRET}"}
    async with (
        serve(app, "127.0.0.1", 0) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client,
    ):
        yield client


@pytest.mark.parametrize("returns", [VERP, "rectify@city.test"], ids=["own-address", "one-address"])
async def test_a_mail_that_postfix_returns_is_undelivered(
    ledger: Ledger, postfix: Postfix, smtp_server: SmtpServer, returns: str
) -> None:
    """N-30, N-31: accepted over STARTTLS, returned an instant later, and the notice says so, with one receipt."""
    office = Office(ledger)
    smtp_server.misbehave.refuse["wang@city.test"] = "550 5.1.1 no such user"
    row = await accepted(office, post(postfix, returns), "wang@city.test")
    (bounce,) = await smtp_server.wait_for(1, timeout=30.0)
    assert bounce.recipients == (returns.replace("{}", str(row.delivery_id)),)
    assert f"Original-Envelope-Id: {row.delivery_id}" in bounce.message.as_string()
    assert f"Original-Recipient: rfc822;{row.address}" in bounce.message.as_string()
    async with web(office) as client:
        for _ in range(2):
            answer = await client.post("/receipts/mail", content=bytes(bounce.message))
            assert (answer.status_code, answer.json()) == (200, {"result": "bounced:5.1.1"})
    assert (await office.stands(row)).state == "undelivered"
    assert (await office.stands(row)).code == "bounced:5.1.1"
    assert await office.receipts(row) == ["sending", "accepted", "undelivered"]


async def test_what_arrives_stays_accepted(ledger: Ledger, postfix: Postfix, smtp_server: SmtpServer) -> None:
    """N-30: without encryption too; nobody asks for reports of success, so none comes."""
    office = Office(ledger)
    row = await accepted(office, post(postfix, options="?starttls=never"), "wang@unit.test")
    assert (await office.stands(row)).state == "accepted"
    assert smtp_server.mails == []


async def test_only_the_mail_server_hands_bounces_in(ledger: Ledger) -> None:
    """N-31: without the secret, or with none set, nothing is read; neither is what is too long."""
    office = Office(ledger)
    async with web(office) as client:
        stranger = await client.post("/receipts/mail", content=b"x", headers={"Authorization": "Bearer guess"})
        assert stranger.status_code == 403
        assert (await client.post("/receipts/mail", content=b"x" * (BOUNCE_BYTES + 1))).status_code == 413
        other = await client.post("/receipts/mail", content=b"From: postmaster@x\r\n\r\n550 no")
        assert (other.status_code, other.json()) == (200, {"result": "not_ours"})
    async with web(office, secret="") as client:
        assert (await client.post("/receipts/mail", content=b"x")).status_code == 404


async def test_the_address_that_the_mail_server_tells_is_enough(ledger: Ledger, smtp_server: SmtpServer) -> None:
    """N-32: a bounce in free words that names nobody, in two words a status."""
    office = Office(ledger)
    plain = MailPost(EmailNotifier(smtp_server.url, VERP, timeout_s=5.0), FROM)
    row = await accepted(office, plain, "wang@unit.test")
    words = "From: postmaster@old.example\r\nSubject: =?utf-8?b?57O757uf6YCA5L+h?=\r\n\r\n552 mailbox full\r\n"
    async with web(office) as client:
        own = smtp_server.mails[0].sender
        answer = await client.post("/receipts/mail", params={"recipient": own}, content=words.encode())
        assert answer.json() == {"result": "bounced:552"}
    assert (await office.stands(row)).code == "bounced:552"


async def test_a_mail_server_pipes_bounces_in(tmp_path: Path, sqlite_database: str, smtp_server: SmtpServer) -> None:
    """N-31: `rectify notice bounce -` writes it down; the receipt waits in the outbox for a worker."""
    ledger = await open_ledger(sqlite_database)
    office = Office(ledger)
    row = await accepted(office, MailPost(EmailNotifier(smtp_server.url, VERP, timeout_s=5.0), FROM), "wang@unit.test")
    report = (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=B\n\n--B\n"
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nAction: failed\nStatus: 5.7.1\n\n--B--\n"
    )
    rectify = CommandLine(tmp_path, DATABASE_URL=sqlite_database, SMTP_BOUNCES=VERP)
    own = smtp_server.mails[0].sender
    ended = await rectify.run("notice", "bounce", "-", "--recipient", own, "--json", given=report.encode())
    assert (ended.code, ended.json) == (0, {"result": "bounced:5.7.1"})
    again = await rectify.run("notice", "bounce", "-", "--recipient", own, given=b"Subject: hello\n\nhello\n")
    assert (again.code, "no bounce" in again.out) == (0, True)
    away = CommandLine(tmp_path, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", SMTP_BOUNCES=VERP)
    assert (await away.run("notice", "bounce", "-", "--recipient", own, given=report.encode())).code == 75
    assert (await office.stands(row)).code == "bounced:5.7.1"
    async with ledger.transaction() as tx:
        chunks, _ = await tx.outbox.count(), await tx.outbox.oldest()
    assert chunks > 0
    await ledger.close()
