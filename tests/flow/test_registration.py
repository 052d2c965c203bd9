"""Registration: findings come before anybody has registered the asset, and owners change."""

from __future__ import annotations

import json

from tests.support.world import World


def found(world: World, locator: str) -> None:
    """One finding on the site."""
    finding = {"asset_id": "site", "check": "column.blank", "locator": locator}
    world.send({**finding, "observed_at": "2026-03-02T10:00:00+08:00"})


def test_an_unknown_asset_has_a_ticket_that_supervisors_see() -> None:
    """A-1: nobody is written to, and the escalation goes under `unassigned`."""
    world = World("2026-03-02 10:00")
    found(world, "公示")
    world.until("2026-03-10 10:00")
    assert (world.ticket().unit_id, world.notices) == (None, {})
    assert [m.key for m in world.outbox if m.topic == "rectify.escalations.urge"] == [b"unassigned"]


def test_registering_hands_the_ticket_over() -> None:
    """A-2: the unit's contacts are told from now on."""
    world = World("2026-03-02 10:00")
    found(world, "公示")
    world.unit("owner", "市科技局", contacts=[{"name": "李值守", "email": "duty@a.gov.cn"}])
    world.asset("site", "市科技局网站", unit_id="owner")
    assert (world.ticket().unit_id, world.events("reassigned")[0]["rule"]) == ("owner", "A-2")
    assert [(kind, name) for _, kind, _, name in world.told()] == [("opened", "李值守")]


def test_tickets_follow_their_asset_unless_a_person_has_reassigned_them() -> None:
    """A-3: of two tickets the one that was given to a third unit stays there."""
    world = World("2026-03-02 10:00")
    for unit_id in ("first", "second", "third"):
        world.unit(unit_id)
    world.asset("site", unit_id="first")
    found(world, "公示")
    by_hand = world.ticket()
    world.command(action="reassign", asset_id="site", ticket_id=by_hand.ticket_id, unit_id="third")
    found(world, "要闻")
    world.asset("site", unit_id="second")
    owners = {ticket.pk: ticket.unit_id for ticket in world.tickets.values()}
    assert owners.pop(by_hand.pk) == "third"
    assert list(owners.values()) == ["second"]
    assert world.events("reassigned")[-1]["rule"] == "A-3"


# What is left behind


def owned(world: World) -> None:
    """Two units under one supervisor; the first owns the site, on which something is found."""
    for unit_id in ("first", "second"):
        world.unit(
            unit_id, supervisor_id="above", contacts=[{"name": f"{unit_id}值守", "email": f"{unit_id}@a.gov.cn"}]
        )
    world.asset("site", unit_id="first")
    found(world, "公示")


def supervised(world: World) -> list[tuple[bytes | None, str]]:
    """What supervisors were told, and under which key."""
    records = [m for m in world.outbox if m.topic == "rectify.escalations.supervise" and m.value]
    return [(m.key, json.loads(m.value or b"")["type"]) for m in records]


def test_a_deleted_asset_leaves_no_ticket_in_silence() -> None:
    """A-10: its ticket stays with its unit and is supervised; a second deletion says nothing more."""
    world = World("2026-03-02 10:00")
    owned(world)
    world.delete_asset("site")
    world.delete_asset("site")
    (event,) = world.events("orphaned")
    assert (event["rule"], event["reason"], world.ticket().unit_id) == ("A-10", "asset_deleted", "first")
    assert supervised(world) == [(b"above", "orphaned")]
    world.until("2026-03-10 10:00")
    assert [m.key for m in world.outbox if m.topic == "rectify.escalations.urge"] == [b"above"]
    found(world, "要闻")
    assert [ticket.unit_id for ticket in world.tickets.values()] == ["first", None]


def test_registered_again_under_another_unit_its_tickets_follow() -> None:
    """A-10, A-3, A-2: those of the former owner and those of nobody."""
    world = World("2026-03-02 10:00")
    owned(world)
    world.delete_asset("site")
    found(world, "要闻")
    world.asset("site", unit_id="second")
    assert [ticket.unit_id for ticket in world.tickets.values()] == ["second", "second"]
    assert [event["rule"] for event in world.events("reassigned")] == ["A-3", "A-2"]


def test_an_asset_without_an_owner_any_more_is_said() -> None:
    """A-10: the record is there and names no unit."""
    world = World("2026-03-02 10:00")
    owned(world)
    world.asset("site")
    world.asset("site")
    assert [event["reason"] for event in world.events("orphaned")] == ["owner_removed"]
    world.asset("site", unit_id="second")
    assert world.ticket().unit_id == "second"


def test_a_merged_unit_hands_over_tickets_and_assets() -> None:
    """A-11: also by way of a third unit; the deadline stays, the successor is told, new findings are its own."""
    world = World("2026-03-02 10:00")
    owned(world)
    due = world.ticket().due_at
    world.unit("between", replaced_by="second")
    world.unit("first", replaced_by="between")
    assert (world.ticket().unit_id, world.ticket().due_at) == ("second", due)
    (event,) = world.events("reassigned")
    assert (event["rule"], event["reason"], event["unit_before"]) == ("A-11", "unit_replaced", "first")
    assert world.told()[-1][1:] == ("opened", "email", "second值守")  # nobody of the first had been told yet
    world.asset("site", unit_id="first")  # the asset's record has not caught up
    found(world, "要闻")
    assert [ticket.unit_id for ticket in world.tickets.values()] == ["second", "second"]


def test_units_merged_in_a_circle_end_somewhere() -> None:
    """A-11: bad data harms nobody."""
    world = World("2026-03-02 10:00")
    owned(world)
    world.unit("second", replaced_by="first")
    world.unit("first", replaced_by="second")
    assert world.ticket().unit_id in ("first", "second")


def test_a_deleted_unit_leaves_its_tickets_to_the_supervisors() -> None:
    """A-12: under `unassigned`, since nobody knows any more who was above it."""
    world = World("2026-03-02 10:00")
    owned(world)
    world.delete_unit("first")
    (event,) = world.events("orphaned")
    assert (event["rule"], event["reason"], supervised(world)) == (
        "A-12",
        "unit_deleted",
        [(b"unassigned", "orphaned")],
    )


def test_a_moved_site_takes_no_problem_along() -> None:
    """A-13: said once, to supervisors; the ticket goes on, and ends on evidence or by a person."""
    world = World("2026-03-02 10:00")
    owned(world)
    for _ in range(2):
        world.asset("site", unit_id="first", replaced_by="new-site")
    (event,) = world.events("asset_moved")
    assert (event["rule"], event["replaced_by"], world.ticket().status) == ("A-13", "new-site", "open")
    assert supervised(world) == [(b"above", "asset_moved")]


def test_only_a_verified_removal_closes() -> None:
    """A-14: the mark alone closes nothing; with the name of who has verified it, it is the proof."""
    world = World("2026-03-02 10:00")
    owned(world)
    world.asset("site", unit_id="first", removed_at="2026-03-01")
    assert world.ticket().status == "open"
    world.asset("site", unit_id="first", removed_at="2026-03-01", removed_by="市政府办 王主任")
    (closed,) = world.events("closed")
    assert (world.ticket().close_reason, closed["rule"]) == ("asset_removed", "A-14")
    assert closed["proof"]["by"] == "市政府办 王主任"


def test_a_ticket_reopens_for_whoever_owns_the_asset_now() -> None:
    """A-15: closed under the first unit, handed over while closed, back under the second; a merger too."""
    for way in ("asset", "unit"):
        world = World("2026-03-02 10:00")
        owned(world)
        world.command(action="close", asset_id="site", ticket_id=world.ticket().ticket_id, reason="已改")
        if way == "asset":
            world.asset("site", unit_id="second")
        else:
            world.unit("first", replaced_by="second")
        world.command(action="reopen", asset_id="site", ticket_id=world.ticket().ticket_id, reason="未改")
        assert world.ticket().unit_id == "second"
        assert world.told()[-1][1:] == ("reopened", "email", "second值守")


def test_what_a_person_has_reassigned_stays_there_when_it_reopens() -> None:
    """A-15, A-3: the third unit keeps it."""
    world = World("2026-03-02 10:00")
    owned(world)
    world.unit("third")
    ticket_id = world.ticket().ticket_id
    world.command(action="reassign", asset_id="site", ticket_id=ticket_id, unit_id="third")
    world.command(action="close", asset_id="site", ticket_id=ticket_id, reason="已改")
    world.asset("site", unit_id="second")
    world.command(action="reopen", asset_id="site", ticket_id=ticket_id, reason="未改")
    assert world.ticket().unit_id == "third"


def test_the_same_record_again_forgets_no_former_owner() -> None:
    """A-15: handed over while the ticket was closed, then sent again with another name: it reopens for the new one."""
    world = World("2026-03-02 10:00")
    owned(world)
    world.command(action="close", asset_id="site", ticket_id=world.ticket().ticket_id, reason="已改")
    world.asset("site", unit_id="second")
    world.asset("site", "市科技局门户网站", unit_id="second")
    world.command(action="reopen", asset_id="site", ticket_id=world.ticket().ticket_id, reason="未改")
    assert world.ticket().unit_id == "second"


def test_a_former_owner_that_is_merged_is_still_the_former_owner() -> None:
    """A-10, A-11, A-15: its site is deleted, it is merged, and the site has another owner: open tickets and others."""
    for closed in (False, True):
        world = World("2026-03-02 10:00")
        owned(world)
        world.unit("third")
        ticket_id = world.ticket().ticket_id
        if closed:
            world.command(action="close", asset_id="site", ticket_id=ticket_id, reason="已改")
        world.delete_asset("site")
        world.unit("first", replaced_by="second")
        world.asset("site", unit_id="third")
        if closed:
            world.command(action="reopen", asset_id="site", ticket_id=ticket_id, reason="未改")
        assert world.ticket().unit_id == "third"


def test_a_merged_units_assets_are_the_successors() -> None:
    """A-11: what is found after the merger is the successor's, though no record of the asset has come."""
    world = World("2026-03-02 10:00")
    owned(world)
    world.unit("first", replaced_by="second")
    found(world, "要闻")
    assert [ticket.unit_id for ticket in world.tickets.values()] == ["second", "second"]


def test_an_asset_that_never_had_an_owner_orphans_nothing() -> None:
    """A-10, A-1: registered without a unit, its ticket is nobody's as before, and nobody is told so again."""
    world = World("2026-03-02 10:00")
    found(world, "公示")
    world.asset("site")
    world.asset("site", "市科技局网站")
    assert (world.events("orphaned"), supervised(world)) == ([], [])


def test_reassigned_to_a_unit_that_was_merged_it_reopens_for_the_successor() -> None:
    """A-15, A-11: given to a third unit by a person and closed; that unit is a part of a fourth by now."""
    world = World("2026-03-02 10:00")
    owned(world)
    for unit_id in ("third", "fourth"):
        world.unit(unit_id)
    about = {"asset_id": "site", "ticket_id": world.ticket().ticket_id}
    world.command(action="reassign", **about, unit_id="third")
    world.command(action="close", **about, reason="已改")
    world.unit("third", replaced_by="fourth")
    world.command(action="reopen", **about, reason="未改")
    assert world.ticket().unit_id == "fourth"
