"""The first word 首次告知: what an owner hears first of a ticket is 整改通知, however it has come to it (A-16)."""

from __future__ import annotations

from typing import Any

from streams.rules.state.records import Ticket
from tests.support.world import World


def contact(name: str) -> list[dict[str, Any]]:
    """One person on duty."""
    return [{"name": name, "email": f"{name}@a.gov.cn"}]


def city() -> World:
    """Two units with contacts under one supervising unit, on a Monday."""
    world = World("2026-03-02 10:00")
    world.unit("above", "市政府办", contacts=contact("office"))
    for unit_id in ("first", "second"):
        world.unit(unit_id, supervisor_id="above", contacts=contact(unit_id))
    return world


def found(world: World, at: str = "2026-03-02T09:00:00+08:00") -> Ticket:
    """One finding on the site."""
    world.send({"asset_id": "site", "check": "column.stale", "locator": "公示", "observed_at": at})
    return world.ticket()


def reassigned(world: World, unit_id: str) -> None:
    """By a person."""
    ticket_id = world.ticket().ticket_id
    world.command(action="reassign", asset_id="site", ticket_id=ticket_id, unit_id=unit_id, reason="分工调整")


def sent(world: World, at: str) -> None:
    """The clock runs to this moment, and what is due by then is sent."""
    world.until(at)
    for key, notice in world.notices.items():
        if notice.not_before <= world.now and notice.code is None:
            world.notices[key] = notice._replace(state="accepted")


def heard(world: World) -> list[tuple[str, str]]:
    """Who has heard what, in order; what was withdrawn before it was sent is no word."""
    return [(n.name, n.kind) for n in world.notices.values() if n.code != "withdrawn"]


def test_registered_after_it_opened() -> None:
    """A-2: also when it is overdue by then; nothing of the ladder that nobody heard is made up for."""
    world = World("2026-03-02 10:00")
    found(world)
    world.until("2026-03-16 10:00")
    world.unit("first", contacts=contact("first"))
    world.asset("site", unit_id="first")
    world.until("2026-03-24 10:00")
    assert heard(world) == [("first", "opened"), ("first", "reminder"), ("first", "urge")]


def test_reassigned_before_anybody_was_told() -> None:
    """K-15: within the ten minutes of gathering; afterwards it is 转派."""
    world = city()
    world.asset("site", unit_id="first")
    found(world)
    reassigned(world, "second")
    assert heard(world) == [("second", "opened")]
    sent(world, "2026-03-02 10:30")
    reassigned(world, "first")
    assert heard(world) == [("second", "opened"), ("first", "reassigned")]


def test_reassigned_from_nobody() -> None:
    """K-15: a person gives it to its first owner."""
    world = city()
    found(world)
    sent(world, "2026-03-02 12:00")
    reassigned(world, "first")
    assert heard(world) == [("first", "opened")]


def test_the_asset_has_another_unit_before_anybody_was_told() -> None:
    """A-3."""
    world = city()
    world.asset("site", unit_id="first")
    found(world)
    world.asset("site", unit_id="second")
    assert heard(world) == [("second", "opened")]


def test_merged_before_anybody_was_told_and_after() -> None:
    """A-11: the successor's first word is 整改通知 only if the unit before it had heard nothing."""
    for minutes, kind in (("10:05", "opened"), ("10:30", "reassigned")):
        world = city()
        world.asset("site", unit_id="first")
        found(world)
        sent(world, f"2026-03-02 {minutes}")
        world.unit("first", replaced_by="second", supervisor_id="above")
        assert heard(world)[-1] == ("second", kind)


def test_only_the_supervising_unit_was_told_in_its_place() -> None:
    """N-2: a unit without contacts; who has the ticket next, and has some, is its first owner that hears of it."""
    world = city()
    world.unit("mute", supervisor_id="above")
    world.asset("site", unit_id="mute")
    found(world)
    sent(world, "2026-03-02 12:00")
    reassigned(world, "second")
    assert heard(world) == [("office", "opened"), ("second", "opened")]


def test_contacts_that_become_known_later() -> None:
    """A-4: its first word is 整改通知 then; who was told is told nothing again, however often the record comes."""
    world = city()
    world.unit("mute", supervisor_id="above")
    world.asset("site", unit_id="mute")
    found(world)
    sent(world, "2026-03-02 12:00")
    world.unit("mute", supervisor_id="above", contacts=contact("mute"))
    world.follow_unit("mute")
    sent(world, "2026-03-02 12:30")
    ticket_id = world.ticket().ticket_id
    world.command(action="extend", asset_id="site", ticket_id=ticket_id, working_days=1, reason="系统升级")
    world.unit("mute", supervisor_id="above")
    world.unit("mute", supervisor_id="above", contacts=contact("mute"))
    world.follow_unit("mute")
    assert heard(world) == [("office", "opened"), ("mute", "opened")]


def test_reopened_for_its_first_owner() -> None:
    """A-15: closed while it was nobody's, registered, and seen again."""
    world = city()
    ticket = found(world)
    world.command(action="close", asset_id="site", ticket_id=ticket.ticket_id, reason="已核实")
    world.asset("site", unit_id="first")
    world.until("2026-03-03 10:00")
    found(world, "2026-03-03T09:30:00+08:00")
    assert heard(world) == [("first", "opened")]


def test_nobody_is_told_twice() -> None:
    """N-1, A-16: to and fro between two units within a minute, one word for who has it in the end."""
    world = city()
    world.asset("site", unit_id="first")
    found(world)
    for unit_id in ("second", "first", "second"):
        reassigned(world, unit_id)
    sent(world, "2026-03-02 11:00")
    assert heard(world) == [("second", "opened")]
