"""`/api/v1`: what a key sees of its units, pages that miss nothing, and acts that are commands like any other."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.event import Event
from schemas.ticket import TicketDocument
from streams.services.api_keys import KeyRole, MadeKey, Scope
from streams.web.api.openapi import FILE
from streams.web.intake.routes import PATHS
from tests.support.handed_in import Programs, programs_on

V1 = "/api/v1"


@pytest.fixture
async def programs(database: str, tmp_path: Path) -> AsyncIterator[Programs]:
    """Programs at the pages of a unit with a site, on both ledgers."""
    async with programs_on(database, tmp_path) as opened:
        yield opened


async def every(programs: Programs, key: MadeKey, path: str, limit: int) -> list[Any]:
    """All items of a list, page by page, by the link to the next."""
    items, query = [], {"limit": limit}
    while True:
        answer = await programs.get(key, path, **query)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        if answer.json()["next"] is None:
            assert "link" not in answer.headers
            return items
        assert f"after={answer.json()['next']}" in answer.headers["link"]
        query = {"limit": limit, "after": answer.json()["next"]}


async def test_a_ticket_and_all_that_belongs_to_it(programs: Programs) -> None:
    """As the contract has it; its events and problems in pages of any size; 304 while nothing has changed."""
    pages = programs.pages
    (ticket,) = await pages.find(
        *({"check": "column.stale", "locator": f"栏目{number}", "cause": "一起"} for number in range(5))
    )
    key, path = await programs.key("screen", Scope.READ), f"{V1}/tickets/{ticket['ticket_id']}"
    answer = await programs.get(key, path)
    whole = answer.json()
    TicketDocument.model_validate({name: whole[name] for name in TicketDocument.model_fields})
    assert (whole["asset"]["name"], whole["unit"]["name"]) == ("市科技局门户网站", "市科技局")
    assert "contacts" not in whole["unit"]
    assert [one["recipient"] for one in whole["notices"]] == ["l***@kjj.gov.cn"]
    bearer = {"authorization": f"Bearer {key.token}"}
    unchanged = {**bearer, "if-none-match": answer.headers["etag"]}
    assert (await programs.client.get(path, headers=unchanged)).status_code == 304
    for name in ("events", "problems", "notices"):
        wanted = {"events": "history", "notices": "notices", "problems": "problems"}[name]
        for limit in (1, 2, 200) if name != "notices" else (200,):
            found = await every(programs, key, f"{path}/{name}", limit)
            assert len(found) == len(whole[wanted]), name
    for event in await every(programs, key, f"{path}/events", 3):
        Event.model_validate(event)
    for query in ({"limit": 0}, {"limit": 201}, {"limit": "x"}):
        bad = await programs.get(key, f"{path}/events", **query)
        assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "limit")
    for after in ("x", "1.2", "-1", "９"):
        assert (await programs.get(key, f"{path}/events", after=after)).status_code == 400
    assert (await programs.get(key, f"{V1}/tickets/{ticket['ticket_id'][:-1]}")).status_code == 404


async def test_a_key_sees_its_unit_and_what_is_below_it(programs: Programs) -> None:
    """Another unit's tickets, assets and units are not there; nobody's is seen by unbound keys alone."""
    pages = programs.pages
    await pages.desk.register("asset:jyj-site", asset_id="jyj-site", name="市教育局网站", kind="website", unit_id="jyj")
    (ticket,) = await pages.open_tickets("column.stale")
    await pages.find({"asset_id": "stranger", "check": "column.stale"})
    ours, path = await programs.key("gov", Scope.READ, unit="gov"), f"{V1}/tickets/{ticket['ticket_id']}"
    theirs = await programs.key("jyj", Scope.READ, unit="jyj")
    for one in ("", "/events", "/problems", "/notices"):
        assert (await programs.get(ours, path + one)).status_code == 200
        hidden = await programs.get(theirs, path + one)
        assert (hidden.status_code, hidden.headers["content-type"]) == (404, "application/problem+json")
    everybody = await programs.key("all", Scope.READ)
    for name, who, seen in (
        ("assets", ours, ["kjj-site"]), ("assets", theirs, ["jyj-site"]),
        ("assets", everybody, ["jyj-site", "kjj-site", "stranger"]),
        ("units", ours, ["gov", "kjj"]), ("units", theirs, ["jyj"]), ("units", everybody, ["gov", "jyj", "kjj"]),
        ("runs", ours, []),
    ):  # fmt: skip
        found = await every(programs, who, f"{V1}/{name}", 2) if name != "runs" else []
        assert [one["asset_id" if name == "assets" else "unit_id"] for one in found] == seen
        assert not any("contacts" in one for one in found)
    assert (await programs.get(ours, f"{V1}/runs")).json() == {"items": [], "next": None}
    for unit in ("kjj", "nobody"):
        none = await programs.get(theirs, f"{V1}/tickets", unit=unit)
        assert (none.status_code, none.json()["errors"][0]["field"]) == (422, "unit")


async def test_the_list_of_tickets(programs: Programs) -> None:
    """By the names of the contract, page by page, of the key's units alone; counted where that is asked for."""
    pages = programs.pages
    await pages.desk.register("asset:jyj-site", asset_id="jyj-site", name="市教育局网站", kind="website", unit_id="jyj")
    await pages.open_tickets("column.stale", "link.dead", "text.typo")
    await pages.find({"asset_id": "jyj-site", "check": "column.stale"})
    ours, everybody = await programs.key("gov", Scope.READ, unit="gov"), await programs.key("all", Scope.READ)
    path = f"{V1}/tickets"
    for limit in (1, 2, 100):
        found = await every(programs, ours, path, limit)
        assert sorted(one["check"] for one in found) == ["column.stale", "link.dead", "text.typo"]
    assert {one["asset_name"] for one in found} == {"市科技局门户网站"}
    for query, many in (
        ({}, 4), ({"check": "column.stale"}, 2), ({"unit": "jyj"}, 1), ({"unit": "gov", "sub": 1}, 3),
        ({"asset": "3301000001"}, 3), ({"status": "closed"}, 0), ({"q": "教育局"}, 1), ({"light": "red"}, 0),
    ):  # fmt: skip
        answer = (await programs.get(everybody, path, count=1, **query)).json()
        assert (len(answer["items"]), answer["total"], answer["more"]) == (many, many, False), query
    assert "total" not in (await programs.get(everybody, path)).json()
    for query in ({"state": "open"}, {"status": "x"}, {"limit": "x"}, {"due_from": "gestern"}, {"after": "x"}):
        bad = await programs.get(everybody, path, **query)
        assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, *query)


async def test_an_act_is_a_command(programs: Programs) -> None:
    """H-7: as far as the role goes, signed as that role, in the person's name and by the key; the same id acts once."""
    pages = programs.pages
    (ticket,) = await pages.open_tickets("column.stale")
    path = f"{V1}/tickets/{ticket['ticket_id']}/commands"
    handler = await programs.acting("kjj", KeyRole.HANDLER)
    answer = await programs.post(handler, path, {"action": "acknowledge", "by": "张三", "command_id": "c-1"})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["command_id"], answer.json()["event"]["type"]) == ("c-1", "acknowledged")
    (event,) = pages.desk.events("acknowledged")
    assert (event["by"], event["via"]) == ("张三", f"key:{handler.key.key_id}")
    assert pages.commands.published[0][1][0] == "web-links"  # type: ignore[index]
    await programs.post(handler, path, {"action": "acknowledge", "by": "张三", "command_id": "c-1"})
    assert len(pages.desk.events("acknowledged")) == 1
    refused = await programs.post(handler, path, {"action": "acknowledge"})
    assert refused.json()["event"]["type"] == "command_refused"
    for body, status, code in (
        ({"action": "close", "reason": "已修好"}, 403, "not_allowed"),
        ({"action": "extend", "reason": "x"}, 422, "invalid_command"),
        ({"action": "accept_run", "source": "x", "run_id": "y"}, 422, "invalid_command"),
        ({"action": "note", "text": "x", "strange": 1}, 422, "invalid_command"),
        ({"action": "note", "text": "x", "by": " "}, 422, "invalid_command"),
        (b"{", 422, "invalid_command"),
    ):
        wrong = await programs.post(handler, path, body)
        assert (wrong.status_code, wrong.json()["code"]) == (status, code), body
    supervisor = await programs.acting("gov", KeyRole.SUPERVISOR)
    closed = await programs.post(supervisor, path, {"action": "close", "reason": "现场核查已修好"})
    assert closed.json()["event"]["type"] == "closed"
    assert pages.commands.published[-1][1][0] == "web-desk"  # type: ignore[index]
    stranger = await programs.acting("jyj", KeyRole.SUPERVISOR)
    reader = await programs.key("reader", Scope.READ)
    for key, status in ((stranger, 404), (reader, 403)):
        assert (await programs.post(key, path, {"action": "reopen", "reason": "x"})).status_code == status
    pages.commands.broker_is_away = True
    away = await programs.post(supervisor, path, {"action": "reopen", "reason": "又坏了"})
    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    pages.commands.broker_is_away, pages.commands.worker_is_away = False, True
    later = await programs.post(supervisor, f"{path}?wait=0", {"action": "reopen", "reason": "又坏了"})
    assert (later.status_code, later.json()["event"]) == (202, None)


async def test_every_route_wants_a_key_of_its_scope(programs: Programs) -> None:
    """Without one 401, with one for something else 403: a new route is asked here without a row of its own."""
    keys = {scope: await programs.key(scope, scope) for scope in (Scope.INTAKE, Scope.READ)}
    described = orjson.loads(FILE.read_bytes())["paths"]
    asked = [(method.upper(), path) for path, methods in described.items() for method in methods]
    asked += [("POST", f"/intake/{name}") for name in (*PATHS, "lychee")]
    for method, route in asked:
        path = re.sub(r"{\w+}", "x", route)
        strange = keys[Scope.INTAKE if path.startswith("/api/") else Scope.READ]
        wanted: list[tuple[MadeKey | None, int]] = [(None, 401), (strange, 403)]
        for key, status in wanted[:1] if route == "/api/v1/findings/{message_id}" else wanted:
            named = {"authorization": f"Bearer {key.token}"} if key is not None else {}
            body = b"{}" if method == "POST" else None
            answer = await programs.client.request(method, f"{path}?ticket=x", content=body, headers=named)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), path


async def test_it_describes_itself(programs: Programs) -> None:
    """Anybody may read what the API is."""
    told = await programs.client.get("/api/openapi.json")
    assert told.json()["openapi"] == "3.1.0"
    assert (await programs.client.get(f"{V1}/assets")).status_code == 401
    nothing = await programs.client.get(f"{V1}/nothing")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "not_found")
