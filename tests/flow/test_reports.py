"""Reports of tools through the rules: which tickets they make, and what their silence closes (F-7, F-10, F-11)."""

from __future__ import annotations

from typing import Any

import orjson

from tests.support.reports import SAMPLES, SITE, read
from tests.support.world import World, local

BANNER = f"{SITE}/images/banner-2019.jpg"


def _world() -> World:
    world = World("2026-03-02 09:00")
    world.unit("kjj")
    world.asset("kjj-site", unit_id="kjj")
    return world


def _publish(world: World, tool: str, content: bytes, at: str, **ended: Any) -> str:
    """What `rectify produce` sends of a report at a moment; the status of its run."""
    world.until(at)
    run = read(tool, content, at=local(at), started=local(at), **ended).run
    world.send(*run.messages)
    assert run.message is not None
    world.send(run.message)
    world.wait(40)
    return str(run.message["status"])


def _lychee(name: str = "many", repaired: str = "", **kept: Any) -> bytes:
    report = orjson.loads((SAMPLES / "lychee" / f"{name}.json").read_bytes()) | kept
    for page, links in report["error_map"].items():
        report["error_map"][page] = [link for link in links if link["url"] != repaired]
    return orjson.dumps(report)


def test_one_target_repaired_closes_exactly_its_ticket() -> None:
    """Planted, repaired on six pages at once; the others stay, and so does what waits for confirmation."""
    world = _world()
    assert _publish(world, "lychee", _lychee(excluded_map={}), "2026-03-02 10:00", exit=2) == "complete"
    before = world.by_status()["open"]
    assert f"target:{BANNER}" in {ticket.cause for ticket in world.tickets.values()}
    assert (
        _publish(world, "lychee", _lychee(repaired=BANNER, excluded_map={}), "2026-03-03 10:00", exit=2) == "complete"
    )
    assert world.by_status() == {"open": before - 1, "closed": 1}
    assert [ticket.cause for ticket in world.tickets.values() if ticket.status == "closed"] == [f"target:{BANNER}"]


def test_nothing_closes_by_a_tool_that_did_not_look() -> None:
    """The site down, interrupted, killed, cut off, an empty report, a report without pages: all stays open."""
    world = _world()
    _publish(world, "lychee", _lychee(), "2026-03-02 10:00", exit=2)
    before = world.by_status()
    whole = _lychee(repaired=BANNER)
    clean = (SAMPLES / "lychee" / "without-pages.json").read_bytes()
    ends: list[tuple[bytes, dict[str, Any]]] = [
        (b"", {"exit": 1}), (b"", {"exit": 130}), (b"", {"exit": 0}), (clean, {"exit": 0}), (b"{}", {"exit": 0}),
        *((whole[: len(whole) * n // 12], {"exit": n % 3}) for n in range(12)),
    ]  # fmt: skip
    for minute, (content, ended) in enumerate(ends):
        assert _publish(world, "lychee", content, f"2026-03-03 10:{minute:02}", **ended) == "failed"
    assert world.by_status() == before


def test_a_crawler_that_found_the_site_down_closes_nothing() -> None:
    """Its report is whole, and it ends with 0: one sighting of site.unreachable, and that is all."""
    world = _world()
    samples = SAMPLES / "linkinator"
    assert _publish(world, "linkinator", (samples / "many.json").read_bytes(), "2026-03-02 10:00") == "complete"
    before = world.by_status()
    assert _publish(world, "linkinator", (samples / "site_down.json").read_bytes(), "2026-03-03 10:00") == "failed"
    assert world.by_status() == before
    assert _publish(world, "linkinator", (samples / "clean.json").read_bytes(), "2026-03-04 10:00") == "complete"
    assert "open" not in world.by_status()
