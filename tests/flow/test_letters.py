"""Who reads what of a ticket: the letters of its life, as a dispatcher would write them (N-33, N-60, N-61, N-63)."""

from __future__ import annotations

from typing import Any

from streams.ledger import DueNotices
from streams.presentation.letters.letter import Letter
from streams.presentation.letters.office import Office, Signatory
from streams.presentation.letters.render import render_calendar, render_mail, render_sms
from streams.rules.sending.sending import Delivery
from streams.rules.state.records import Notice
from streams.rules.state.snapshot import Now
from streams.worker.delivery.compose import letter
from tests.support.world import World

HEAD = {"name": "市政务公开办", "contact": "赵敏", "phone": "0700-8880001", "sms_sign": "市政务公开"}
OFFICE = Office(Signatory("省政务公开办", "", "010-1", "省公开"), "https://zwgk.example", "", ("k" * 32,))
DUTY = {"name": "李值守", "email": "duty@a.gov.cn", "phone": "13800000001"}
LEADER = {"name": "周局长", "email": "head@a.gov.cn", "phone": "13800000002", "role": "head"}


def office(*contacts: dict[str, Any], at: str = "2026-03-02 10:00") -> World:
    """A unit with these contacts, under a supervising unit with a letterhead."""
    world = World(at)
    world.unit("city", "市政府办", contacts=[{"name": "督查", "email": "city@a.gov.cn"}], letterhead=HEAD)
    world.unit("kjj", "市科技局", supervisor_id="city", contacts=list(contacts))
    world.asset("site", "市科技局网站", unit_id="kjj")
    return world


def found(world: World, **more: Any) -> None:
    """A blank column."""
    column = {"asset_id": "site", "check": "column.blank", "locator": "https://kjj.example/1", "source": "crawler"}
    world.send({**column, "observed_at": world.now.isoformat(), **more})


def sent(world: World, notice: Notice) -> Letter:
    """What a dispatcher would make of it."""
    assets = {asset.pk: asset for asset in world.assets.values()}
    problems = [problem for problem in world.problems if problem.ticket_pk == notice.ticket_pk]
    due = DueNotices([notice], world.tickets, assets, {notice.ticket_pk: problems}, {})
    now = Now(world.now, world.real)
    return letter(Delivery(notice.notice_id, (notice,)), due, world.registry, world.policy, now, {}, None, OFFICE)


def letters(world: World, kind: str) -> dict[str, Letter]:
    """The mails of a kind, by who reads them."""
    mails = [one for one in world.notices.values() if (one.kind, one.channel) == (kind, "email")]
    return {one.name: sent(world, one) for one in mails}


def test_who_reads_what() -> None:
    """N-61, N-63: the duty contact has the link and the work, head and supervising unit the desk and others' work."""
    world = office(DUTY, LEADER)
    found(world)
    (opened,) = letters(world, "opened").values()
    assert opened.items[0].reader == "duty"
    assert opened.pages[0].startswith("https://zwgk.example/u/")
    world.until("2026-03-13 10:00")
    supervised = letters(world, "supervise")
    assert {name: one.items[0].reader for name, one in supervised.items()} == {"周局长": "head", "督查": "supervisor"}
    for one in supervised.values():
        assert one.pages == ()
        assert one.items[0].desk == f"https://zwgk.example/tickets/{world.ticket().ticket_id}"
    assert "责成承办人员" in render_mail(supervised["周局长"]).text
    assert "督促市科技局" in render_mail(supervised["督查"]).text


def test_who_reads_of_an_ask() -> None:
    """N-63, N-70: who answers has the desk; who asked reads the answer, without a link where another has the ticket."""
    world = office(DUTY, LEADER)
    world.unit("jyj", "市教育局", supervisor_id="city", contacts=[{"name": "赵值守", "email": "duty@b.gov.cn"}])
    found(world)
    about = {"asset_id": "site", "ticket_id": world.ticket().ticket_id, "reason": "职能已划转"}
    world.command(action="ask", kind="extension", working_days=3, **about)
    world.command(action="ask", kind="not_ours", **about)
    world.command(action="extend", working_days=2, **about)
    asked = [sent(world, one) for one in world.notices.values() if one.kind == "asked"]
    assert {(one.items[0].reader, one.pages, bool(one.items[0].desk)) for one in asked} == {("supervisor", (), True)}
    (answered,) = letters(world, "answered").values()
    assert (answered.items[0].reader, len(answered.pages)) == ("duty", 1)
    assert b"BEGIN:VEVENT" in render_calendar(answered, "rectify@city.test")
    world.command(action="reassign", unit_id="jyj", **about)
    answers = [sent(world, one) for one in world.notices.values() if one.kind == "answered"]
    assert [(one.recipient.name, one.items[0].reader, one.pages) for one in answers] == [("李值守", "duty", ())] * 2
    for one in answers:
        assert "签收和反馈" not in render_mail(one).text
        assert render_calendar(one, "rectify@city.test") == b""


def test_who_supervises_signs() -> None:
    """N-60: the letters to its units with its own letterhead, those to itself are the office's."""
    world = office(DUTY)
    found(world)
    world.until("2026-03-18 10:00")
    (opened,) = letters(world, "opened").values()
    assert (opened.letterhead.name, opened.letterhead.phone) == ("市政务公开办", "0700-8880001")
    assert render_sms(opened).startswith("【市政务公开】")
    assert letters(world, "bulletin")["督查"].letterhead == OFFICE.letterhead


def test_a_unit_without_contacts() -> None:
    """N-63: the supervising unit is told that it stands in, and nobody is called 贵单位 who does not owe it."""
    world = office()
    found(world)
    (opened,) = letters(world, "opened").values()
    text = render_mail(opened).text
    assert "市政府办 督查：\n市科技局没有登记可用的联系人，现将本通知发至主管单位，请转市科技局办理。" in text
    assert opened.pages == ()


def test_a_head_who_is_the_only_contact_does_what_duty_contacts_do() -> None:
    """N-63: with the link, since nobody else could act."""
    world = office(LEADER)
    found(world)
    (opened,) = letters(world, "opened").values()
    assert opened.items[0].reader == "duty"
    assert opened.pages


def test_the_alarm_of_a_monday_rings_on_friday() -> None:
    """N-33: not on the Sunday before it; 2026-03-09 is a Monday."""
    world = office(DUTY)
    found(world, due_by="2026-03-09")
    (opened,) = letters(world, "opened").values()
    assert "TRIGGER;VALUE=DATE-TIME:20260306T010000Z" in render_calendar(opened, "a@b.cn").decode()


def test_while_a_recheck_is_awaited() -> None:
    """N-63: claimed in time and not looked at, the ladder goes on, and says that it waits."""
    world = office(DUTY)
    found(world)
    world.command(action="claim_fix", asset_id="site", ticket_id=world.ticket().ticket_id, measures="已补充栏目内容")
    world.until("2026-03-11 10:00")
    (urged,) = letters(world, "urge").values()
    text = render_mail(urged).text
    assert "立即" not in text
    assert "等待复查" in text
