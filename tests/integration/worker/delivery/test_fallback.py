"""News that did not reach its contact goes to another one, in the transaction that records it (rules N-25, N-26)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas.registry import Contact, Unit
from streams.ledger import Ledger
from streams.ledger.reading.queries import notices_of
from streams.rules.sending.fallback import place_id
from streams.rules.state.snapshot import Registry
from tests.support.dispatching import Office, mail_post
from tests.support.ledger import REGISTRY, at
from tests.support.smtp import SmtpServer

LI, WANG = "li@a.gov.cn", "wang@a.gov.cn"
PEOPLE = (Contact(name="李", email=LI), Contact(name="王", email=WANG, role="head"))
UNKNOWN = "550 5.1.1 no such user"


def registry_of(*units: Unit) -> Registry:
    """The empty registry with these units."""
    return replace(REGISTRY, units={unit.unit_id: unit for unit in units})


@pytest.fixture
def office(ledger: Ledger) -> Office:
    """An office of a unit with two contacts."""
    found = Office(ledger)
    found.registry = registry_of(Unit(unit_id="unit-1", name="市科技局", contacts=PEOPLE))
    return found


async def test_a_refused_mail_goes_to_the_other_contact_and_no_further(office: Office, smtp_server: SmtpServer) -> None:
    """Two tickets in a mail to nobody: one mail to the other contact about both; refused there too, it ends."""
    smtp_server.misbehave.refuse[LI] = UNKNOWN
    tickets = [await office.ticket(name) for name in ("AAA", "BBB")]
    rows = [await office.notice(f"n{one.pk}", one, unit_id="unit-1", address=LI) for one in tickets]
    async with office.working(mail_post(smtp_server.url)):
        for row in rows:
            assert (await office.state(row, "dead")).code == "rejected:550"
            another = await office.state(row._replace(notice_id=place_id(row.notice_id)), "accepted")
            assert (another.address, another.kind, another.role) == (WANG, row.kind, "head")
        assert len(smtp_server.mails) == 1
        smtp_server.misbehave.refuse[WANG] = UNKNOWN
        third = await office.notice("third", await office.ticket("CCC"), unit_id="unit-1", address=LI)
        await office.state(third, "dead")
        await office.state(third._replace(notice_id=place_id(third.notice_id)), "dead")
    assert len(await notices_of(office.ledger, third.ticket_pk)) == 2


async def test_a_bounce_is_followed_once_however_often_it_is_reported(office: Office) -> None:
    """Handed over, then reported as not delivered: the other contact's notice is there with the report."""
    ticket = await office.ticket("AAA")
    row = await office.notice("one", ticket, unit_id="unit-1", address=LI)
    async with office.ledger.transaction() as tx:
        await tx.notices.mark_sending([(row.notice_id, row.notice_id)], at(hours=1), at())
        await tx.notices.finish([row.notice_id], "accepted", "smtp", "accepted", at())
    assert await office.reports.take(row.notice_id, "undelivered", "5.1.1") == 200
    assert await office.reports.take(row.notice_id, "undelivered", "5.1.1") == 200
    found = {one.address: one.state for one in await notices_of(office.ledger, ticket.pk)}
    assert found == {LI: "undelivered", WANG: "pending"}
