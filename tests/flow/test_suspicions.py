"""A bad moment waits for confirmation, costs nobody a notice, and lapses (rules D-6, D-10)."""

from __future__ import annotations

from tests.support.world import ZONE, World, local


def world() -> World:
    """A Monday; a site with a contact."""
    made = World("2026-03-02 10:00")
    made.unit("kjj", "市科技局", contacts=[{"name": "李", "email": "li@kjj.gov.cn"}])
    made.asset("site", "市科技局网站", unit_id="kjj")
    return made


def down(world: World, at: str, **fields: str) -> None:
    """The site cannot be reached at this moment, which is now."""
    world.now = max(world.now, local(at))
    observed_at = f"{at.replace(' ', 'T')}:00+08:00"
    world.send({"asset_id": "site", "check": "site.unreachable", "observed_at": observed_at, **fields})


def test_a_suspicion_tells_nobody_and_the_deadline_counts_from_the_confirmation() -> None:
    """D-10: seen on Monday, confirmed on Wednesday at 09:00; due on Thursday, and the first sighting stands."""
    story = world()
    down(story, "2026-03-02 10:00")
    down(story, "2026-03-03 10:00")
    assert (story.by_status(), dict(story.notices), story.events()) == ({}, {}, [])
    down(story, "2026-03-04 09:00")
    ticket = story.ticket()
    assert ticket.due_at.astimezone(ZONE).strftime("%m-%d %H:%M:%S") == "03-05 23:59:59"
    assert (ticket.first_seen_at, ticket.last_seen_at) == (local("2026-03-02 10:00"), local("2026-03-04 09:00"))


def test_a_suspicion_lapses() -> None:
    """D-10: two sightings, four days of silence, two more: no ticket; a third of these opens it."""
    story = world()
    for at in ("2026-03-02 10:00", "2026-03-02 10:10", "2026-03-06 10:11", "2026-03-06 10:21"):
        down(story, at)
    assert story.by_status() == {}
    down(story, "2026-03-06 10:31")
    assert (story.ticket().occurrences, story.ticket().first_seen_at) == (5, local("2026-03-02 10:00"))


def test_a_second_source_confirms_only_while_the_suspicion_lasts() -> None:
    """D-10: another prober a week later begins a suspicion of its own."""
    story = world()
    down(story, "2026-03-02 10:00", source="a")
    down(story, "2026-03-09 10:00", source="b")
    assert story.by_status() == {}
    down(story, "2026-03-09 10:05", source="a")
    assert story.by_status() == {"open": 1}


def test_a_recurrence_is_confirmed_once() -> None:
    """C-6, D-6: down in March, up again, down in June; the third sighting of June opens the new ticket."""
    story = world()
    for at in ("2026-03-02 10:00", "2026-03-02 10:10", "2026-03-02 10:20"):
        down(story, at)
    absent = {"type": "recheck", "asset_id": "site", "check": "site.unreachable", "locator": "", "outcome": "absent"}
    story.send({**absent, "observed_at": story.now.isoformat()})
    for at in ("2026-06-02 10:00", "2026-06-02 10:10", "2026-06-02 10:20"):
        down(story, at)
    assert story.by_status() == {"closed": 1, "open": 1}
