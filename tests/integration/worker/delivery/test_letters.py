"""Letters as they leave a dispatcher: who signs, the link, the workbook that goes with them (N-60 to N-62)."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook

from schemas.registry import Letterhead as Registered
from schemas.registry import Unit
from streams.ledger import Ledger
from streams.presentation import links
from streams.presentation.letters.office import Office as Signs
from streams.presentation.letters.office import Signatory
from streams.rules.state.snapshot import ChangeSet
from tests.support.dispatching import Gateway, Office, mail_post, sms_post
from tests.support.ledger import problem, save
from tests.support.smtp import SmtpServer

KEY = "k" * 32


@pytest.fixture
def office(ledger: Ledger) -> Office:
    """An office that has said who it is, on an empty ledger."""
    made = Office(ledger)
    made.signs = Signs(Signatory("省政务公开办", "王某", "010-88880000", "省公开"), "https://zwgk.example", "", (KEY,))
    return made


def text(server: SmtpServer, number: int = 0) -> str:
    """The plain part of a mail."""
    body = server.mails[number].message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def test_the_link_names_the_notice_of_the_owner_s_contact(office: Office, smtp_server: SmtpServer) -> None:
    """N-61: read with the key it is the notice, also of a digest, where one link stands for all of them."""
    first, second = await office.ticket("AAA"), await office.ticket("BBB")
    notices = [await office.notice("one", first), await office.notice("two", second)]
    async with office.working(mail_post(smtp_server.url)):
        for notice in notices:
            await office.state(notice, "accepted")
    said = text(smtp_server)
    assert said.count("/u/") == 1
    token = said.partition("https://zwgk.example/u/")[2].split()[0]
    assert links.read((KEY,), token) in {notice.notice_id for notice in notices}
    assert "省政务公开办" in said
    assert "电话：010-88880000" in said


async def test_who_supervises_signs(office: Office, smtp_server: SmtpServer) -> None:
    """N-60: by mail, and over Kannel with its own sign."""
    head = Registered(name="市政务公开办", contact="赵敏", phone="0700-1", sms_sign="市公开")
    units = [
        Unit(unit_id="city", name="市政府办", letterhead=head),
        Unit(unit_id="unit-1", name="某局", supervisor_id="city"),
    ]
    async with office.ledger.transaction() as tx:
        for unit in units:
            await tx.registry.save("unit", unit.unit_id, unit.model_dump_json(by_alias=True, exclude_none=True))
    ticket = await office.ticket("AAA")
    mail, sms = await office.notice("mail", ticket), await office.notice("sms", ticket, channel="sms")
    async with Gateway().serving() as gateway, office.working(mail_post(smtp_server.url), sms_post(gateway)):
        await office.state(mail, "accepted")
        await office.state(sms, "accepted")
        assert gateway.requests[0]["text"].startswith("【市公开】")
        assert "http" not in gateway.requests[0]["text"]
    assert "市政务公开办" in text(smtp_server)
    assert "某局 王某：" in text(smtp_server)


async def test_every_place_goes_with_the_letter(office: Office, smtp_server: SmtpServer) -> None:
    """N-62: of 70 places twenty stand in the mail and all on the workbook, beyond the fifty that a letter reads."""
    ticket = await office.ticket("AAA", problem_count=70, open_problem_count=69)
    rows = [
        problem(f"p{n:02}", ticket.asset_pk, ticket.pk, n, "gone" if n == 3 else "open")._replace(
            facts_json=f'{{"title":"=第{n}处"}}'
        )
        for n in range(70)
    ]
    await save(office.ledger, ChangeSet(problems=rows))
    notice = await office.notice("one", ticket)
    async with office.working(mail_post(smtp_server.url)):
        await office.state(notice, "accepted")
    assert "其余 49 处见附件" in text(smtp_server)
    files = {part.get_filename(): part for part in smtp_server.mails[0].message.walk() if part.get_filename()}
    (name,) = [one for one in files if str(one).endswith(".xlsx")]
    assert str(name).startswith("问题清单")
    (sheet,) = load_workbook(BytesIO(files[name].get_payload(decode=True))).worksheets  # type: ignore[arg-type]
    found = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [row[4] for row in found] == [f"https://example.gov.cn/p{n:02}" for n in range(70)]
    assert [row[5] for row in found] == [f"=第{n}处" for n in range(70)]
    assert [row[6] for row in found].count("已消除") == 1
