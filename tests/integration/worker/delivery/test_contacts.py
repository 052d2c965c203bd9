"""A contact changes while a notice waits: what goes out goes to whom the registry names by then (rule N-49)."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.registry import Contact, Unit
from streams.ledger import Ledger
from tests.support.dispatching import Office, mail_post
from tests.support.smtp import SmtpServer

WANG = {"name": "王芳", "email": "wang@a.gov.cn"}
LI = {"name": "李强", "email": "li@a.gov.cn"}


@pytest.fixture
def office(ledger: Ledger) -> Office:
    """An office on an empty ledger."""
    return Office(ledger)


async def contacts(office: Office, *people: dict[str, Any], unit_id: str = "unit-1") -> None:
    """Another worker registers the unit: this one finds it in the ledger, and nowhere else."""
    unit = Unit(unit_id=unit_id, name=unit_id, contacts=tuple(Contact(**person) for person in people))
    async with office.ledger.transaction() as tx:
        await tx.registry.save("unit", unit_id, unit.model_dump_json(exclude_none=True))


async def test_a_new_address_is_used(office: Office, smtp_server: SmtpServer) -> None:
    """She has a new mailbox; the ledger says where it went."""
    await contacts(office, WANG)
    row = await office.notice("one", await office.ticket("AAA"), name="王芳", address="wang@a.gov.cn")
    await contacts(office, {**WANG, "email": "new@a.gov.cn"})
    async with office.working(mail_post(smtp_server.url)):
        sent = await office.state(row, "accepted")
    assert (sent.name, sent.address) == ("王芳", "new@a.gov.cn")
    assert [mail.recipients for mail in smtp_server.mails] == [("new@a.gov.cn",)]


async def test_a_successor_is_told_once_and_in_one_letter(office: Office, smtp_server: SmtpServer) -> None:
    """She has left: what he has got, or gets, himself is withdrawn; the rest is in the mail that he gets anyway."""
    await contacts(office, WANG, LI)
    first, second, third = [await office.ticket(name) for name in ("AAA", "BBB", "CCC")]
    rows = [await office.notice(f"wang {t.pk}", t, name="王芳", address="wang@a.gov.cn") for t in (first, second)]
    rows += [await office.notice(f"li {t.pk}", t, name="李强", address="li@a.gov.cn") for t in (first, third)]
    await contacts(office, LI)
    async with office.working(mail_post(smtp_server.url)):
        ended = [await office.state(row, "accepted", "suppressed") for row in rows]
    assert [(one.state, one.address) for one in ended] == [
        ("suppressed", "wang@a.gov.cn"), ("accepted", "li@a.gov.cn"), ("accepted", "li@a.gov.cn"),
        ("accepted", "li@a.gov.cn"),
    ]  # fmt: skip
    (mail,) = smtp_server.mails
    assert mail.recipients == ("li@a.gov.cn",)
    body = mail.message.get_body(("plain",))
    assert body is not None
    assert all(ticket.ticket_id in str(body.get_content()) for ticket in (first, second, third))


async def test_what_was_sent_stays(office: Office, smtp_server: SmtpServer) -> None:
    """The past keeps its addresses."""
    await contacts(office, WANG)
    row = await office.notice("one", await office.ticket("AAA"), name="王芳", address="wang@a.gov.cn")
    async with office.working(mail_post(smtp_server.url)):
        await office.state(row, "accepted")
        await contacts(office, LI)
        later = await office.notice("two", await office.ticket("BBB"), name="李强", address="li@a.gov.cn")
        await office.state(later, "accepted")
    assert (await office.stands(row)).address == "wang@a.gov.cn"


async def test_of_a_letter_that_was_tried_the_others_stay_with_their_address(
    office: Office, smtp_server: SmtpServer
) -> None:
    """One mailbox of two units, of which one has another contact now: its notices leave the letter, the others go."""
    await contacts(office, WANG)
    await contacts(office, WANG, unit_id="unit-2")
    wang = {"name": "王芳", "address": "wang@a.gov.cn"}
    rows = [
        await office.notice(unit_id, await office.ticket(f"of {unit_id}"), unit_id=unit_id, **wang)
        for unit_id in ("unit-1", "unit-2")
    ]
    smtp_server.misbehave.refuse_all = "451 4.3.0 later"
    async with office.working(mail_post(smtp_server.url)):
        for row in rows:
            await office.until(row, lambda found: found.attempts > 0 and found.state == "pending")
    smtp_server.misbehave.refuse_all = ""
    await contacts(office, LI)
    office.clock.forward(hours=2)
    async with office.working(mail_post(smtp_server.url)):
        for row in rows:
            await office.state(row, "accepted")
    assert sorted(mail.recipients for mail in smtp_server.mails) == [("li@a.gov.cn",), ("wang@a.gov.cn",)]
