"""Ticket numbers: made of what was read, so that a restore makes the same ones, and another log makes no old one."""

from __future__ import annotations

from typing import Any

from tests.support.world import World

TYPO = {"asset_id": "a", "check": "text.typo", "locator": "/1", "observed_at": "2026-03-02T23:30:00+08:00"}


def dead_links(number: int) -> list[dict[str, Any]]:
    """So many pages of one asset, each with its own dead link."""
    return [
        {
            "asset_id": "a",
            "check": "link.dead",
            "locator": f"https://a.gov.cn/{n}",
            "observed_at": "2026-03-02T10:00:00+08:00",
            "evidence": {"http_status": 404, "target": f"https://b.cn/{n}"},
        }
        for n in range(number)
    ]


def numbers(world: World) -> list[str]:
    """Of all tickets, in the order in which they were opened."""
    return [ticket.ticket_id for ticket in world.tickets.values()]


def test_read_again_later_it_is_the_same_number() -> None:
    """A database is restored days later, and reads the same messages in other batches: the numbers are those of before.

    The day is the one on which the problem was seen, in the office's zone.
    """
    first = World("2026-03-03 00:10")
    first.send(TYPO, *dead_links(3))
    again = World("2026-03-09 10:00")
    again.send(TYPO, dead_links(3)[0])
    again.send(*dead_links(3)[1:])
    assert numbers(again) == numbers(first)
    assert len(set(numbers(first))) == 4
    assert [number[:9] for number in numbers(first)] == ["ZG260302-"] * 4


def test_an_adopted_log_makes_no_old_number() -> None:
    """The same message at the same offset of another log, which has another epoch."""
    first, adopted = World("2026-03-03 00:10"), World("2026-03-03 00:10")
    adopted.epoch = 1
    first.send(TYPO)
    adopted.send(TYPO)
    assert numbers(first) != numbers(adopted)


def test_a_split_ticket_is_numbered_by_its_command() -> None:
    """The command's place and day; read again it makes the same number."""
    both = []
    for at in ("2026-03-03 09:00", "2026-03-08 09:00"):
        world = World(at)
        cause = [{**link, "cause": "one"} for link in dead_links(2)]
        world.send(*cause)
        ticket = world.ticket()
        split = {"action": "split", "asset_id": "a", "ticket_id": ticket.ticket_id, "reason": "另有原因"}
        leaving = world.problems[0].fingerprint
        world.command(**split, fingerprints=[leaving], at="2026-03-03T08:59:00+08:00", command_id="c1")
        assert len(world.tickets) == 2, world.events("command_refused")
        both.append(numbers(world))
    assert both[0] == both[1]
    assert both[0][1].startswith("ZG260303-")


def test_a_count_is_numbered_by_what_reached_its_line() -> None:
    """Ten blank columns are a veto: counted at once, or days later with more of them by then, it is the same number."""
    blank = [
        {
            "asset_id": "a",
            "check": "column.blank",
            "locator": f"栏目{n}",
            "observed_at": f"2026-03-{n + 1:02}T09:00:00+08:00",
        }
        for n in range(14)
    ]
    first, again = World("2026-03-10 10:00"), World("2026-03-20 10:00")
    first.send(*blank[:10])
    again.send(*blank)
    numbered = [
        [ticket.ticket_id for ticket in world.tickets.values() if ticket.check == "veto.columns_blank"]
        for world in (first, again)
    ]
    assert numbered[0] == numbered[1] != []
