"""SARIF logs through the rules: which tickets they make, and what their silence closes."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import orjson

from streams.files.findings.sarif import SarifLog
from tests.support.world import World, local

PAGE = "https://www.example.gov.cn/{}.html"
Document = dict[str, Any]


def _result(text: str, page: str = "a", line: int | None = None, **more: Any) -> Document:
    region = {} if line is None else {"region": {"startLine": line}}
    place = {"physicalLocation": {"artifactLocation": {"uri": PAGE.format(page)}, **region}}
    return {"ruleId": "footer.missing", "message": {"text": text}, "locations": [place], **more}


def _publish(world: World, *results: Document, at: str, targets: str = "", **run: Any) -> None:
    """What `rectify publish --format sarif` sends of a log that was written at a moment."""
    moment = local(at).isoformat()
    call = {"executionSuccessful": True, "startTimeUtc": moment, "endTimeUtc": moment}
    artifacts = [{"location": {"uri": PAGE.format(page)}, "roles": ["analysisTarget"]} for page in targets]
    driver = {"name": "linter", "rules": [{"id": "footer.missing"}]}
    whole = {"tool": {"driver": driver}, "results": results, "invocations": [call], "artifacts": artifacts, **run}
    world.until(at)
    log = SarifLog.read(BytesIO(orjson.dumps({"version": "2.1.0", "runs": [whole]})), "www", local(at))
    for entry in log.entries():
        assert not entry.fault
        world.send(entry.value)
    world.wait(40)


def _world() -> World:
    world = World("2026-03-02 09:00")
    world.unit("kjj")
    world.asset("www", unit_id="kjj")
    return world


def test_a_line_that_moves_stays_one_ticket() -> None:
    """With fingerprints and without; a second result of the same page is a ticket of its own."""
    world = _world()
    _publish(
        world, _result("x", line=10, partialFingerprints={"h/v1": "a"}), _result("y", line=20), at="2026-03-02 10:00"
    )
    assert len(world.tickets) == 2
    _publish(
        world, _result("x", line=11, partialFingerprints={"h/v1": "a"}), _result("y", line=21), at="2026-03-03 10:00"
    )
    assert len(world.tickets) == 2
    _publish(world, _result("y", line=21), _result("y", line=40), at="2026-03-04 10:00")
    assert len(world.tickets) == 3


def test_what_a_log_says_that_it_has_looked_at_is_closed_when_it_is_gone() -> None:
    """And only that: other pages, failures and logs that do not say where they looked close nothing."""
    world = _world()
    _publish(world, _result("x", "a", 1), _result("x", "b", 1), at="2026-03-02 10:00", targets="ab")
    assert world.by_status() == {"open": 2}
    _publish(world, at="2026-03-03 10:00")
    _publish(world, at="2026-03-03 11:00", targets="c")
    _publish(world, at="2026-03-03 12:00", targets="ab", invocations=[{"executionSuccessful": False}])
    _publish(world, at="2026-03-03 13:00", targets="ab", results=None)
    assert world.by_status() == {"open": 2}
    _publish(world, at="2026-03-04 10:00", targets="a")
    assert world.by_status() == {"open": 1, "closed": 1}


def test_a_verdict_of_one_problem_of_a_page_does_not_silence_the_next() -> None:
    """The first of a page may be another one tomorrow: what was judged was its words."""
    world = _world()
    _publish(world, _result("no record number"), at="2026-03-02 10:00")
    world.command(action="dismiss", ticket_id=world.ticket().ticket_id, asset_id="www", by="李", reason="误报")
    _publish(world, _result("no record number"), at="2026-03-03 10:00")
    assert world.by_status() == {"dismissed": 1}
    _publish(world, _result("no telephone number"), at="2026-03-04 10:00")
    assert world.by_status()["open"] == 1
