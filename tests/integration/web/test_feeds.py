"""Feeds: what a unit's calendar and reader of news get by their link, and who gets nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
from fastapi.routing import APIRoute
from icalendar import Calendar

from streams.presentation.feeds.deadlines import MOST
from streams.rules.state.snapshot import ChangeSet
from streams.services.api_keys import MadeKey, Scope, revoke
from streams.web.guard.headers import CSP
from streams.web.parts import PARTS
from tests.support.handed_in import Programs, programs_on
from tests.support.ledger import asset_pk, open_ticket, save
from tests.support.world import ZONE

pytestmark = pytest.mark.on_sqlite("what programs read: the database hardly shows, beyond the first test")
ATOM = "{http://www.w3.org/2005/Atom}"
NAMES = ("deadlines.ics", "escalations.atom")


@pytest.fixture
async def programs(database: str, tmp_path: Path) -> AsyncIterator[Programs]:
    """Programs at the pages of a unit with a site, on both ledgers."""
    async with programs_on(database, tmp_path) as opened:
        yield opened


async def feed(programs: Programs, key: MadeKey, name: str, **headers: str) -> httpx.Response:
    """A reader looks; it sends no key but the address."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await programs.client.get(f"/feeds/{key.token}/{name}", headers=named)


async def days(programs: Programs, key: MadeKey) -> dict[str, date | datetime]:
    """The entries of the calendar, by UID."""
    answer = await feed(programs, key, "deadlines.ics")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    calendar = Calendar.from_ical(answer.content)
    assert not calendar.errors
    return {str(event["uid"]): event.decoded("dtstart") for event in calendar.walk("VEVENT")}


async def news(programs: Programs, key: MadeKey) -> list[dict[str, str]]:
    """The entries of the news, each as RFC 4287 wants it."""
    answer = await feed(programs, key, "escalations.atom")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/atom+xml; charset=utf-8")
    root = ET.fromstring(answer.content)  # noqa: S314 - our own
    assert root.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert root.findtext(f"{ATOM}{name}"), name
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    entries = [{part.tag.removeprefix(ATOM): part.text or "" for part in one} for one in root.findall(f"{ATOM}entry")]
    assert all({"id", "title", "updated", "summary"} <= one.keys() for one in entries)
    assert all(datetime.fromisoformat(one["updated"]).tzinfo for one in entries)
    return entries


@pytest.mark.on_both
async def test_a_deadline_from_its_opening_to_its_closing(programs: Programs) -> None:
    """It stands on its day, moves under the same UID, and goes with its ticket; 304 meanwhile; no person is named."""
    pages = programs.pages
    (ticket,) = await pages.find(
        {"check": "column.stale", "title": "联系人李值守 13800000001", "locator": "https://kjj.gov.cn/栏目"}
    )
    key = await programs.key("calendar", Scope.FEED, unit="kjj")
    uid, due = f"{ticket['ticket_id']}@rectify", datetime.fromisoformat(ticket["due_at"]).date()
    assert await days(programs, key) == {uid: due}
    first = await feed(programs, key, "deadlines.ics")
    for person in ("李值守", "13800000001", "li@kjj.gov.cn"):
        assert person not in first.content.decode()
    unchanged = {"if_none_match": first.headers["etag"]}
    assert (await feed(programs, key, "deadlines.ics", **unchanged)).status_code == 304
    later = (due + timedelta(days=3)).isoformat()
    name = {"asset_id": "kjj-site", "ticket_id": ticket["ticket_id"], "by": "王"}
    await pages.desk.command(action="extend", due_at=f"{later}T23:59:59+08:00", reason="配合改版", **name)
    assert await days(programs, key) == {uid: date.fromisoformat(later)}
    assert (await feed(programs, key, "deadlines.ics", **unchanged)).status_code == 200
    await pages.desk.command(action="close", reason="已核实", **name)
    assert await days(programs, key) == {}


async def test_the_news_of_escalations(programs: Programs) -> None:
    """Each rung is an entry under its event's id, the newest first; what is unchanged need not come again."""
    pages = programs.pages
    key = await programs.key("news", Scope.FEED, unit="gov")
    assert await news(programs, key) == []
    (ticket,) = await pages.open_tickets("column.stale")
    pages.forward(days=12)
    await pages.installation.catch_up()
    told = pages.desk.events("escalated")
    assert [event["rung"] for event in told] == ["supervise"]
    (entry,) = await news(programs, key)
    assert entry["id"] == f"urn:rectify:event:{told[0]['id']}"
    assert entry["title"] == "督办：市科技局门户网站（市科技局）"
    assert ticket["ticket_id"] in entry["summary"]
    answer = await feed(programs, key, "escalations.atom")
    for known in ({"if_none_match": answer.headers["etag"]}, {"if_modified_since": answer.headers["last-modified"]}):
        assert (await feed(programs, key, "escalations.atom", **known)).status_code == 304
    old = {"if_modified_since": "Mon, 01 Jan 2024 00:00:00 GMT"}
    assert (await feed(programs, key, "escalations.atom", **old)).status_code == 200
    pages.forward(days=31)
    assert f"urn:rectify:event:{told[0]['id']}" not in {one["id"] for one in await news(programs, key)}


async def test_whose_it_is(programs: Programs) -> None:
    """Of its unit and what is below it; unknown, revoked and other keys find the same nothing; it opens no more."""
    pages = programs.pages
    await pages.open_tickets("column.stale")
    own, above, beside = [await programs.key(one, Scope.FEED, unit=one) for one in ("kjj", "gov", "jyj")]
    assert len(await days(programs, own)) == len(await days(programs, above)) == 1
    assert await days(programs, beside) == {}
    reader = await programs.key("reader", Scope.READ)
    gone = await programs.key("gone", Scope.FEED, unit="kjj")
    await revoke(pages.premises.settings, "gone", pages.premises.now().real)
    remarked = "rk" + own.token[2:]
    answers = [
        await programs.client.get(f"/feeds/{token}/{name}")
        for token in (gone.token, reader.token, "rf" + reader.token[2:], remarked, own.token[:-1], "x")
        for name in NAMES
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    for token, status in ((own.token, 401), (remarked, 403)):
        bearer = {"authorization": f"Bearer {token}"}
        assert (await programs.client.get("/api/v1/tickets", headers=bearer)).status_code == status


async def test_every_route(programs: Programs) -> None:
    """Two, read only, each with the headers of all pages; asked too often, a link gets none for a minute."""
    made = PARTS["api"].routes[-1](programs.pages.premises).routes
    paths = {route.path: route.methods for route in made if isinstance(route, APIRoute)}
    assert paths == {f"/feeds/{{token}}/{name}": {"GET", "HEAD"} for name in NAMES}
    key = await programs.key("often", Scope.FEED, unit="kjj")
    for name in NAMES:
        answer = await feed(programs, key, name)
        assert answer.headers["content-security-policy"] == CSP
        assert (answer.headers["referrer-policy"], answer.headers["x-robots-tag"]) == (
            "no-referrer",
            "noindex, nofollow",
        )
        assert (await programs.client.post(f"/feeds/{key.token}/{name}", content=b"")).status_code == 405
    assert 429 in [(await feed(programs, key, NAMES[0])).status_code for _ in range(31)]


async def test_what_has_no_room_is_said(programs: Programs) -> None:
    """Of more than a thousand open tickets the earliest due are there, and an entry that says so."""
    ledger = programs.pages.installation.ledger
    asset = await asset_pk(ledger)
    tickets = [open_ticket(pk, f"t{pk}", asset)._replace(unit_id="kjj") for pk in range(1, MOST + 2)]
    await save(ledger, ChangeSet(new_tickets=tickets))
    key = await programs.key("many", Scope.FEED, unit="gov")
    found = await days(programs, key)
    assert len(found) == MOST + 1
    assert found["more@rectify"] == programs.pages.premises.now().at.astimezone(ZONE).date()
