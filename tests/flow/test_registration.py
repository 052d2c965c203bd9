"""Registration: findings come before anybody has registered the asset, and owners change."""

from __future__ import annotations

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
    assert [(kind, name) for _, kind, _, name in world.told()] == [("reassigned", "李值守")]


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
