"""The ladder in motion: what is late, what is missed, what expires, who is told."""

from __future__ import annotations

from typing import Any

from tests.support.world import World

CONTACTS = [
    {"name": "李值守", "email": "duty@a.gov.cn", "phone": "13800000001"},
    {"name": "王局长", "email": "head@a.gov.cn", "phone": "13800000002", "role": "head"},
]
SUPERVISOR = [{"name": "公开办", "email": "office@a.gov.cn"}]


def owned(at: str = "2026-03-02 10:00", contacts: list[dict[str, Any]] | None = None) -> World:
    """A world with a site, its owner and the supervising unit."""
    world = World(at)
    world.unit("city", "市公开办", contacts=SUPERVISOR)
    world.unit("owner", "市科技局", supervisor_id="city", contacts=CONTACTS if contacts is None else contacts)
    world.asset("site", "市科技局网站", unit_id="owner")
    return world


def found(world: World, at: str = "2026-03-02T10:00:00+08:00", **fields: Any) -> str:
    """One finding with five working days; the number of its ticket."""
    world.send({"asset_id": "site", "check": "column.blank", "locator": "公示", "observed_at": at, **fields})
    return world.ticket().ticket_id


def test_steps_missed_while_down_are_sent_once_the_highest() -> None:
    """E-2, E-3: nine days without a worker: overdue is said, then one supervise that names what was missed."""
    world = owned()
    found(world)
    world.jump("2026-03-12 10:00")
    assert [event["rung"] for event in world.events("escalated")] == ["supervise"]
    assert world.events("escalated")[0]["missed"] == ["reminder", "urge"]
    assert (len(world.events("overdue")), world.events("reminded")) == (1, [])
    world.jump("2026-03-12 11:00")
    assert len(world.events("escalated")) == 1


def test_an_escalation_is_keyed_by_the_supervising_unit() -> None:
    """E-4: an event, and a message on the rung's topic that needs nothing else and shows no contacts."""
    world = owned()
    ticket_id = found(world)
    world.until("2026-03-10 09:00")
    (message,) = [m for m in world.outbox if m.topic == "rectify.escalations.urge"]
    (body,) = world.published("rectify.escalations.urge")
    assert message.key == b"city"
    assert (body["ticket"]["ticket_id"], body["unit"]["name"], "contacts" in body["unit"]) == (
        ticket_id,
        "市科技局",
        False,
    )
    assert body["id"] == world.events("escalated")[0]["id"]


def test_one_mailbox_in_two_letter_cases_is_told_once() -> None:
    """N-52: the head of the unit is the contact of its supervisor too; one mail at every step, as first written."""
    world = World("2026-03-02 10:00")
    world.unit("city", "市公开办", contacts=[{"name": "周", "email": "office@city.example"}])
    head = {"name": "周", "email": "Office@City.example", "role": "head"}
    world.unit("owner", "市科技局", supervisor_id="city", contacts=[head])
    world.asset("site", "市科技局网站", unit_id="owner")
    found(world)
    world.until("2026-03-18 10:00")
    told = [(one.kind, one.address) for one in world.notices.values() if one.channel == "email"]
    assert ("supervise", "Office@City.example") in told
    assert len({kind for kind, _ in told}) == len(told)


def test_an_acknowledgement_without_a_claim_expires() -> None:
    """E-5: at half of the working time; a claim in between keeps it."""
    world = owned()
    ticket_id = found(world)
    world.command(action="acknowledge", asset_id="site", ticket_id=ticket_id)
    world.until("2026-03-05 09:00")
    assert world.ticket().status == "acknowledged"
    world.until("2026-03-06 09:00")
    assert (world.ticket().status, len(world.events("acknowledgement_expired"))) == ("open", 1)
    world.command(action="acknowledge", asset_id="site", ticket_id=ticket_id)
    world.command(action="claim_fix", asset_id="site", ticket_id=ticket_id, measures="已更新")
    world.until("2026-03-09 09:00")
    assert (world.ticket().status, len(world.events("acknowledgement_expired"))) == ("claimed", 1)


def test_an_acknowledgement_given_after_half_time_expires_at_the_due() -> None:
    """E-5: there is no time at which to acknowledge means that nobody looks any more; overdue, the ladder looks."""
    world = owned()
    ticket_id = found(world)
    world.until("2026-03-06 10:00")
    world.command(action="acknowledge", asset_id="site", ticket_id=ticket_id)
    world.until("2026-03-09 23:00")
    assert world.ticket().status == "acknowledged"
    world.until("2026-03-10 08:00")
    (event,) = world.events("acknowledgement_expired")
    assert (world.ticket().status, event["reason"], event["at"][:16]) == (
        "open",
        "no_claim_in_time",
        "2026-03-09T23:59",
    )
    world.command(action="acknowledge", asset_id="site", ticket_id=ticket_id)
    world.until("2026-03-20 08:00")
    assert world.ticket().status == "acknowledged"


def test_an_extension_moves_the_expiry_of_the_acknowledgement() -> None:
    """E-5, K-16: half of the time that there now is; without an acknowledgement there is nothing to expire."""
    world = owned()
    ticket_id = found(world)
    world.command(action="acknowledge", asset_id="site", ticket_id=ticket_id)
    world.command(action="extend", asset_id="site", ticket_id=ticket_id, working_days=5, reason="等设备")
    world.until("2026-03-06 09:00")
    assert world.ticket().status == "acknowledged"
    world.until("2026-03-10 09:00")
    assert (world.ticket().status, len(world.events("acknowledgement_expired"))) == ("open", 1)
    world.command(action="extend", asset_id="site", ticket_id=ticket_id, working_days=5, reason="等设备")
    assert world.ticket().acknowledgement_expires_at is None


def test_a_waiver_ends_with_a_recheck_and_can_reopen() -> None:
    """E-6: quiet until its date; a sighting after it opens the ticket again."""
    world = owned()
    ticket_id = found(world)
    world.command(action="waive", asset_id="site", ticket_id=ticket_id, until="2026-03-20", reason="网站改版")
    world.until("2026-03-21 09:00")
    assert [event["type"] for event in world.events()[-2:]] == ["waiver_ended", "recheck_requested"]
    assert world.events("escalated") == []
    found(world, "2026-03-21T09:00:00+08:00")
    assert (world.ticket().status, world.events("reopened")[-1]["rule"]) == ("open", "E-6")


def test_openings_wait_ten_minutes_and_the_same_cause_tells_once() -> None:
    """N-1, N-3: one notice to the duty contact, not before 10:10; a repeat makes no second."""
    world = owned()
    found(world)
    found(world)
    (notice,) = world.notices.values()
    assert (notice.kind, notice.name, (notice.not_before - notice.created_at).seconds) == ("opened", "李值守", 600)


def test_a_unit_without_contacts_falls_back_to_its_supervisor() -> None:
    """N-2: somebody is told."""
    world = owned(contacts=[])
    found(world)
    assert [name for _, _, _, name in world.told()] == ["公开办"]


def test_a_unit_without_duty_contacts_falls_back_to_whom_it_has() -> None:
    """N-2: the head, when there is nobody else."""
    world = owned(contacts=CONTACTS[1:])
    found(world)
    assert [name for _, _, _, name in world.told()] == ["王局长"]


def test_what_is_closed_is_withdrawn() -> None:
    """C-1: closed before the opening's mail went out, nobody is written to."""
    world = owned()
    ticket_id = found(world)
    world.command(action="close", asset_id="site", ticket_id=ticket_id, reason="重复")
    assert [notice.code for notice in world.notices.values()] == ["withdrawn"]
    world.until("2026-04-02 10:00")
    assert (len(world.notices), world.events("escalated")) == (1, [])


def test_whoever_has_two_roles_is_told_once_in_the_first() -> None:
    """N-1, N-2: head of the owner and duty contact of the supervising unit share a mailbox: one mail, to the head."""
    shared = {"name": "王局长", "email": "office@a.gov.cn", "role": "head"}
    world = owned(contacts=[CONTACTS[0], shared])
    found(world)
    world.until("2026-03-12 10:00")
    told = [(one.name, one.role, one.unit_id) for one in world.notices.values() if one.kind == "supervise"]
    assert told == [("王局长", "head", "owner")]


def test_hours_wait_for_nobodys_night() -> None:
    """N-3, N-4: of a dark link the contact hears at once, and quiet hours do not hold it; of a blank column they do."""
    for check, exempt in (("link.dark", True), ("column.blank", False)):
        world = owned()
        found(world, check=check)
        made = [(one.exempt, one.not_before == one.created_at) for one in world.notices.values()]
        assert set(made) == {(exempt, exempt)}
