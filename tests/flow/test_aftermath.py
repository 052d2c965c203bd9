"""What a person's act leaves behind: notices that fall away, a cause that is free again, a claim that starts anew."""

from __future__ import annotations

from tests.flow.test_rechecks import claim, opened, recheck
from tests.flow.test_verdicts import judged
from tests.support.world import World


def found(world: World, locator: str) -> None:
    """One finding of a named cause."""
    world.send(
        {"asset_id": "site", "check": "text.typo", "locator": locator, "cause": "template", "source": "crawler",
         "observed_at": world.now.isoformat()}
    )  # fmt: skip


def test_what_is_dismissed_is_not_told_of_any_more() -> None:
    """K-16: the notices that wait are withdrawn with the verdict, in the same transaction."""
    world = judged("dismiss")
    assert world.notices
    assert {notice.code for notice in world.notices.values()} == {"withdrawn"}


def test_a_dismissed_ticket_gathers_no_more_of_its_cause() -> None:
    """G-1, D-8: the verdict was about what was there; another place of the cause is a ticket of its own."""
    world = World("2026-03-02 10:00")
    world.asset("site", "市科技局网站")
    found(world, "/a")
    world.command(action="dismiss", asset_id="site", ticket_id=world.ticket().ticket_id, reason="原文如此")
    found(world, "/b")
    assert world.by_status() == {"dismissed": 1, "open": 1}


def test_an_answer_from_before_it_was_sent_back_approves_nothing() -> None:
    """K-12, K-14: claimed again, the old `unverifiable` is no ground for an approval; a new one is."""
    world = opened()
    ticket_id = claim(world)
    recheck(world, "unverifiable")
    world.command(action="send_back", asset_id="site", ticket_id=ticket_id, reason="请补充材料")
    assert world.ticket().recheck_outcome is None
    claim(world)
    world.command(action="approve", asset_id="site", ticket_id=ticket_id, reason="已电话核实")
    (refused,) = world.events("command_refused")
    assert (refused["reason"], world.ticket().status) == ("not_unverifiable", "claimed")


def test_each_time_it_is_sent_back_the_unit_hears_it() -> None:
    """K-14, N-1: the second time is another round of the ticket, so it is news again."""
    world = opened()
    world.unit("owner", "市科技局", contacts=[{"name": "李值守", "email": "duty@a.gov.cn"}])
    world.asset("site", "市科技局网站", unit_id="owner")
    for _ in range(2):
        ticket_id = claim(world)
        world.command(action="send_back", asset_id="site", ticket_id=ticket_id, reason="请补充材料")
    assert [kind for _, kind, channel, _ in world.told() if channel == "email"].count("sent_back") == 2
