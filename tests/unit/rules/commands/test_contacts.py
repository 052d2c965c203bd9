"""Contacts that change while notices wait (rule N-49)."""

from __future__ import annotations

from typing import Any

from schemas.registry import Contact, Unit
from streams.files.calendar.builtin import builtin_calendar
from streams.rules.commands.contacts import ToldContact, outdated, readdressed
from streams.rules.notices.notices import WITHDRAWN
from streams.rules.state.records import Notice
from streams.rules.state.snapshot import Registry
from tests.support.ledger import ZONE, notice

OLD = "old@a.gov.cn"


def registry(*contacts: dict[str, Any], groups: tuple[str, ...] = ()) -> Registry:
    """A unit with these contacts, and its supervisor."""
    people = tuple(Contact(**contact) for contact in contacts)
    unit = Unit(unit_id="u", name="市科技局", supervisor_id="city", contacts=people, groups=groups)
    city = Unit(unit_id="city", name="市公开办", contacts=(Contact(name="公开办", email="office@a.gov.cn"),))
    return Registry({"u": unit, "city": city}, builtin_calendar(), {}, ZONE)


def waiting(**changes: Any) -> Notice:
    """A notice to the duty contact 王芳 that waits."""
    row = notice("one", 1, 1)
    return row._replace(unit_id="u", name="王芳", address=OLD, role="duty", channel="email")._replace(**changes)


def changed(notices: list[Notice], now: Registry, *told: ToldContact) -> list[tuple[str, str, str | None]]:
    """Name, address and code of those that change."""
    gone = [one for one in notices if outdated(one, now)]
    return [(one.name, one.address, one.code) for one in readdressed(gone, now, told)]


def test_the_same_person_with_a_new_address() -> None:
    """It goes there."""
    now = registry({"name": "李强", "email": "first@a.gov.cn"}, {"name": "王芳", "email": "new@a.gov.cn"})
    assert changed([waiting(code=None)], now) == [("王芳", "new@a.gov.cn", None)]


def test_another_person_in_the_same_role() -> None:
    """王芳 has left, 李强 has taken over; a head is no duty contact."""
    now = registry({"name": "局长", "email": "head@a.gov.cn", "role": "head"}, {"name": "李强", "email": "li@a.gov.cn"})
    assert changed([waiting(code=None)], now) == [("李强", "li@a.gov.cn", None)]


def test_nobody_is_told_twice() -> None:
    """李强 has, or will get, the same notice anyway: the old one is withdrawn."""
    now = registry({"name": "李强", "email": "li@a.gov.cn"})
    told = ToldContact(1, waiting().kind, "email", "li@a.gov.cn")
    assert changed([waiting()], now, told) == [("王芳", OLD, WITHDRAWN)]
    other = waiting(notice_id="f" * 32, address="older@a.gov.cn")
    assert [code for _, _, code in changed([waiting(code=None), other], now)] == [None, WITHDRAWN]


def test_without_anybody_the_supervisor_is_told() -> None:
    """As for a unit that never had a contact (N-2)."""
    assert changed([waiting(code=None)], registry()) == [("公开办", "office@a.gov.cn", None)]


def test_who_is_still_there_keeps_it() -> None:
    """A unit's record is often sent again as it was."""
    assert changed([waiting()], registry({"name": "王芳 ", "email": OLD})) == []


def test_another_spelling_is_the_same_mailbox() -> None:
    """N-52: nothing is withdrawn or looked for; a successor who is the same mailbox is not told twice."""
    shouted = registry({"name": "王芳", "email": OLD.upper()})
    assert changed([waiting()], shouted) == []
    told = ToldContact(1, waiting().kind, "email", "office@a.gov.cn")
    assert changed([waiting()], registry({"name": "公开办", "email": "Office@A.gov.cn"}), told) == [
        ("王芳", OLD, WITHDRAWN)
    ]


def test_a_channel_that_is_no_longer_wanted() -> None:
    """王芳 has only a phone now: the mail is withdrawn, and what comes later goes there."""
    now = registry({"name": "王芳", "phone": "13800000001"})
    assert changed([waiting()], now) == [("王芳", OLD, WITHDRAWN)]


def test_a_group_that_was_left() -> None:
    """Its copy is withdrawn; one that stays keeps it."""
    copy = waiting(channel="chat", address="科技局群", role="group")
    assert changed([copy], registry(groups=("科技局群",))) == []
    assert changed([copy], registry()) == [("王芳", "科技局群", WITHDRAWN)]
