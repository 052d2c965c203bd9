"""A morning: what else presses is in the mail that goes out anyway (rule N-27)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas.registry import Contact, Unit
from streams.ledger import Ledger
from tests.support.dispatching import Gateway, Office, mail_post, sms_post
from tests.support.ledger import REGISTRY, at
from tests.support.smtp import Mail, SmtpServer

LI = "li@a.gov.cn"
NAMES = {"unit-1": "市科技局", "unit-2": "市水务局", "unit-3": "市林业局", "unit-4": "市体育局"}


@pytest.fixture
def office(ledger: Ledger) -> Office:
    """An office in which 李 is the contact of three units, and another person of a fourth."""
    found = Office(ledger)
    units = {
        unit_id: Unit(
            unit_id=unit_id,
            name=name,
            contacts=(Contact(name="李", email=LI if unit_id != "unit-4" else "wu@a.gov.cn", phone="13800000001"),),
        )
        for unit_id, name in NAMES.items()
    }
    found.registry = replace(REGISTRY, units=units)
    return found


def _text(mail: Mail) -> str:
    body = mail.message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def test_a_morning_of_three_units_is_one_mail(office: Office, smtp_server: SmtpServer) -> None:
    """A reminder, and below it what is overdue or due within 7 days in all three units; nobody gets a second mail."""
    own = await office.ticket("OWN", due_at=at(days=1))
    late = await office.ticket("LATE", unit_id="unit-2", due_at=at(days=-3), status="claimed")
    soon = await office.ticket("SOON", unit_id="unit-3", due_at=at(days=6))
    far = await office.ticket("FAR", due_at=at(days=8))
    strange = await office.ticket("STRANGE", unit_id="unit-4", due_at=at(days=-3))
    ended = await office.ticket("ENDED", due_at=at(days=-3))
    await office.close(ended)
    notice = await office.notice("one", own, kind="reminder", address=LI)
    async with office.working(mail_post(smtp_server.url)):
        await office.state(notice, "accepted")
    (mail,) = smtp_server.mails
    text = _text(mail)
    assert str(mail.message["Subject"]).endswith("；另有逾期1件、临期1件，最早时限2月27日（周五）09:00")
    assert text.index(own.ticket_id) < text.index(late.ticket_id) < text.index(soon.ticket_id)
    assert "市水务局" in text
    for other in (far, strange, ended):
        assert other.ticket_id not in text
    assert text.count(own.ticket_id) == 1 + text.count("签收整改单")


async def test_counts_go_beyond_the_rows(office: Office, smtp_server: SmtpServer) -> None:
    """60 overdue ones: 50 rows in all, the count is of all of them."""
    own = await office.ticket("OWN", due_at=at(days=1))
    for number in range(60):
        await office.ticket(f"N{number:02}", unit_id="unit-2", due_at=at(days=-3, minutes=number))
    notice = await office.notice("one", own, kind="reminder", address=LI)
    async with office.working(mail_post(smtp_server.url)):
        await office.state(notice, "accepted")
    text = _text(smtp_server.mails[0])
    assert "逾期60件" in text
    assert "其余 11 件" in text
    assert text.count("市水务局") == text.count("ZG20260302-N") == 49


async def test_an_opening_takes_nothing_along(office: Office, smtp_server: SmtpServer) -> None:
    """Only what reminds does, and nothing that is exempt; short messages never."""
    own = await office.ticket("OWN", due_at=at(days=1))
    await office.ticket("LATE", due_at=at(days=-3))
    opened = await office.notice("one", own, kind="opened", address=LI)
    exempt = await office.notice("two", own, kind="reminder", address="other@a.gov.cn", exempt=True)
    short = await office.notice("sms", own, channel="sms", kind="reminder", address="13800000001")
    async with Gateway().serving() as gateway, office.working(mail_post(smtp_server.url), sms_post(gateway)):
        for notice in (opened, exempt, short):
            await office.state(notice, "accepted")
        assert "另有" not in gateway.requests[0]["text"]
    assert [str(mail.message["Subject"]).count("另有") for mail in smtp_server.mails] == [0, 0]
