"""One event id has one text: readers drop what comes again under an id that they know.

Every history of the tests is watched for that (tests/support/event_ids.py); these are those in which it was not so.
"""

from __future__ import annotations

from typing import Any

from tests.support.world import World

WARNING = {
    "asset_id": "a",
    "check": "text.typo",
    "locator": "/1",
    "source": "crawler",
    "level": "warning",
    "observed_at": "2026-03-02T10:00:00+08:00",
}


def ids(world: World, kind: str) -> list[str]:
    """Of the events of a kind, in order."""
    return [event["id"] for event in world.events(kind)]


def test_warned_of_afresh_without_a_run() -> None:
    """Warned of, proved absent, warned of again two weeks later, with no run to tell them apart: two events and ids."""
    world = World("2026-03-02 10:05")
    world.send(WARNING)
    world.until("2026-03-04 10:00")
    absent = {"type": "recheck", "outcome": "absent", "observed_at": "2026-03-04T09:00:00+08:00"}
    world.send({**{name: WARNING[name] for name in ("asset_id", "check", "locator", "source")}, **absent})
    world.until("2026-03-20 10:00")
    world.send({**WARNING, "observed_at": "2026-03-20T09:55:00+08:00", "title": "又接近时限"})
    assert len(set(ids(world, "warned"))) == len(ids(world, "warned")) == 2


def test_refused_commands_without_an_id() -> None:
    """Two commands of one person in one second, one ticket, one action, or none at all: each has its own answer."""
    world = World("2026-03-02 10:05")
    world.unit("u1", contacts=[])
    world.asset("a", unit_id="u1")
    world.send({**WARNING, "level": "breach"})
    reassign: dict[str, Any] = {"action": "reassign", "asset_id": "a", "ticket_id": world.ticket().ticket_id}
    world.command(**reassign, unit_id="u1")
    world.command(**reassign, unit_id="nobody")
    for run_id in ("1", "2"):
        world.command(action="accept_run", asset_id="a", source="s", run_id=run_id, reason="x")
    assert len(set(ids(world, "command_refused"))) == len(ids(world, "command_refused")) == 4


def test_the_same_messages_give_the_same_ids() -> None:
    """Read again after a crash, in other batches: the ids are those of before."""
    first, again = World("2026-03-02 10:05"), World("2026-03-02 10:06")
    messages = [{**WARNING, "locator": f"/{n}", "level": level} for n in range(3) for level in ("warning", "breach")]
    first.send(*messages)
    for message in messages:
        again.send(message)
    assert ids(first, "warned") == ids(again, "warned")
    assert ids(first, "opened") == ids(again, "opened")
