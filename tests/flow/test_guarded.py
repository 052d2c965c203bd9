"""Guarded periods 重要保障期: terms of their own for what is found in them, and for nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemas.policy import Policy
from streams.files.policy.loading import load_policy
from streams.rules.state.records import Ticket
from tests.support.world import ZONE, World, local

CONTACTS = [
    {"name": "李值守", "email": "duty@kjj.gov.cn", "phone": "13800000001"},
    {"name": "王局长", "email": "head@kjj.gov.cn", "role": "head"},
]
NATIONAL_DAY = {"from": "2026-10-01", "to": "2026-10-08", "regions": ["咸宁市"]}
PACK = "pack: province\nversion: 1\ntitle: 某省\nextends: default\nguarded:\n"


@pytest.fixture
def pack(tmp_path: Path) -> Any:
    """A function that gives a pack with these words about guarded periods."""

    def made(text: str) -> Policy:
        path = tmp_path / "province.yaml"
        path.write_text(PACK + text, "utf-8")
        return load_policy(path)

    return made


def owned(at: str, policy: Policy | None = None) -> World:
    """A world with a site in 咸宁市 and one elsewhere, of one owner."""
    world = World(at, policy) if policy else World(at)
    world.unit("kjj", "市科技局", contacts=CONTACTS)
    world.asset("site", "市科技局网站", unit_id="kjj", region="咸宁市")
    world.asset("far", "外地网站", unit_id="kjj", region="黄石市")
    return world


def found(at: str, asset: str = "site", check: str = "link.dark", **fields: Any) -> dict[str, Any]:
    """A finding at a local time, such as `2026-09-29T15:00`."""
    return {
        "asset_id": asset,
        "check": check,
        "locator": f"https://a.gov.cn/{check}",
        "observed_at": f"{at}:00+08:00",
        **fields,
    }


def due(ticket: Ticket) -> str:
    """The deadline in local time."""
    return f"{ticket.due_at.astimezone(ZONE):%m-%d %H:%M}"


def test_what_is_open_at_the_begin_keeps_its_deadline() -> None:
    """L-10: it is guarded by when it was seen, not by what has begun since."""
    world = owned("2026-09-29 15:00")
    world.guarded("国庆", **NATIONAL_DAY)
    world.send(found("2026-09-29T15:00", due_by="2026-10-10"))
    world.until("2026-10-02 00:00")
    assert (due(world.ticket()), world.ticket().guarded) == ("10-10 23:59", False)


def test_a_pack_may_hold_guarded_tickets_in_quiet_hours(pack: Any) -> None:
    """`exempt: false`: only clock-hour tickets pass quiet hours then."""
    hours = "checks:\n  column.blank: {guarded: 1 working day}\n"
    for words, exempt in (("  exempt: false\n", False), ("  exempt: true\n", True)):
        world = owned("2026-10-03 23:00", pack(words + hours))
        world.guarded("国庆", **NATIONAL_DAY)
        world.send(found("2026-10-03T23:00", check="column.blank"))
        assert (due(world.ticket()), world.ticket().guarded) == ("10-08 23:59", True)
        assert {notice.exempt for notice in world.notices.values()} == {exempt}
    world.send(found("2026-10-03T23:00"))
    assert {notice.exempt for notice in world.notices.values()} == {True}


def test_the_end_of_a_period_changes_nothing() -> None:
    """Nor does deleting it: what was opened in it is guarded for good."""
    world = owned("2026-10-08 23:00")
    world.guarded("国庆", **NATIONAL_DAY)
    world.send(found("2026-10-08T23:00"))
    world.registry.guarded.clear()  # type: ignore[attr-defined]
    world.until("2026-10-09 00:30")
    assert (due(world.ticket()), world.ticket().guarded) == ("10-09 01:00", True)
    assert world.ticket().next_review_at == local("2026-10-09 01:00")
    world.send(found("2026-10-09T00:30", check="site.tampered"))
    assert [t.guarded for t in world.tickets.values()] == [True, False]
