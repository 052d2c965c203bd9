"""`/changes`: what an open page is told, on both databases; to whom, how long, and how many may listen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from streams.ledger import Ledger
from streams.ledger.reading.changes import TicketChange, changes_behind
from streams.services.changes import ONES, Behind, ChangeFeed
from streams.web.serving import serving
from tests.support.fetching import until
from tests.support.officials import Official, official
from tests.support.pages import Pages, pages_on

QUICK = 0.02


def heard(answer: httpx.Response) -> tuple[str, dict[str, Any]]:
    """The place and what was said."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert answer.text.endswith("\n\n")
    lines = dict(line.split(": ", 1) for line in answer.text.strip().splitlines())
    assert lines["event"] == "changed"
    return lines["id"], orjson.loads(lines["data"])


@pytest.fixture
async def listening(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages that look often, and do not wait for long where nothing happens."""
    async with pages_on(database, tmp_path) as pages:
        feed = ChangeFeed(pages.premises.ledger, look_seconds=QUICK, wait_seconds=2.0)
        object.__setattr__(pages.premises, "changes", feed)
        yield pages


def everything(_: str | None) -> bool:
    """Somebody who sees all units."""
    return True


async def since_now(someone: Official) -> str:
    """Where a page begins to listen."""
    place, said = heard(await someone.get("/changes"))
    assert said == {"tickets": [], "unknown": False}
    return place


async def test_who_listens_hears_of_its_own(listening: Pages) -> None:
    """Of the unit above and of everything: told; of another unit: nothing, however long it waits."""
    (ticket,) = await listening.open_tickets("link.dead")
    all_of_it, above, beside = [await official(listening, "reader", unit) for unit in ("", "gov", "jyj")]
    places = [await since_now(one) for one in (all_of_it, above, beside)]
    waiting = [
        asyncio.create_task(one.get("/changes", since=place))
        for one, place in zip((all_of_it, above, beside), places, strict=True)
    ]
    await asyncio.sleep(QUICK)
    await listening.desk.command(action="acknowledge", asset_id="kjj-site", ticket_id=ticket["ticket_id"])
    told, told_above, told_beside = [heard(await one) for one in waiting]
    assert told[1]["tickets"] == told_above[1]["tickets"] == [ticket["ticket_id"]]
    assert told_beside[1] == {"tickets": [], "unknown": False}
    again = heard(await all_of_it.client.get("/changes", headers={"Last-Event-ID": places[0]}))
    assert again == told, "what was said once is said again to whoever asks from before"


async def test_the_ledger_is_read_once_for_all(listening: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty listeners cost as many looks as one."""
    looks = 0

    async def counted(ledger: Ledger, place: int, limit: int) -> Any:
        nonlocal looks
        looks += 1
        return await changes_behind(ledger, place, limit)

    monkeypatch.setattr("streams.services.changes.changes_behind", counted)
    feed = ChangeFeed(listening.premises.ledger, look_seconds=0.2, wait_seconds=1.0)
    place = (await feed.behind("", everything)).place
    found = await asyncio.gather(*(feed.behind(place, everything) for _ in range(20)))
    assert set(found) == {Behind(place)}
    assert 1 <= looks <= 6


async def test_what_is_committed_out_of_turn_is_heard(listening: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry with a lower number, by a worker that took its time, comes after a higher one; once."""
    history = [TicketChange(7, "ZG-B", None)]

    async def read(_: Ledger, place: int, __: int) -> list[TicketChange]:
        return sorted(one for one in history if one.place > place)

    async def last(_: Ledger) -> int:
        return 5

    monkeypatch.setattr("streams.services.changes.changes_behind", read)
    monkeypatch.setattr("streams.services.changes.last_place", last)
    now = 0.0
    feed = ChangeFeed(listening.premises.ledger, look_seconds=0.0, wait_seconds=1.0, seconds=lambda: now)
    begin = (await feed.behind("", everything)).place
    first = await feed.behind(begin, everything)
    assert first.ticket_ids == ("ZG-B",)
    now, history = 3.0, [*history, TicketChange(6, "ZG-A", None)]
    second = await feed.behind(first.place, everything)
    assert second.ticket_ids == ("ZG-A",)
    assert (await feed.behind(begin, everything)).ticket_ids == ("ZG-B", "ZG-A")


async def test_each_change_is_heard_once(listening: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pages are opened while another one waits, and a database that takes its time: nothing is told again."""

    async def read(_: Ledger, place: int, __: int) -> list[TicketChange]:
        await asyncio.sleep(QUICK)
        return [one for one in (TicketChange(7, "ZG-B", None),) if one.place > place]

    async def last(_: Ledger) -> int:
        return 5

    monkeypatch.setattr("streams.services.changes.changes_behind", read)
    monkeypatch.setattr("streams.services.changes.last_place", last)
    feed = ChangeFeed(listening.premises.ledger, look_seconds=0.0, wait_seconds=10 * QUICK)
    begin = (await feed.behind("", everything)).place
    told, first, second = await asyncio.gather(
        feed.behind(begin, everything), feed.behind("", everything), feed.behind("", everything)
    )
    assert told.ticket_ids == ("ZG-B",)
    for place in (told.place, first.place, second.place):
        assert (await feed.behind(place, everything)).ticket_ids == ()


async def test_too_much_is_said_as_such(listening: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a place that is not remembered any more, or behind more than is read at once: something may have changed."""
    feed = ChangeFeed(listening.premises.ledger, look_seconds=QUICK, wait_seconds=1.0)
    place = (await feed.behind("", everything)).place
    assert (await feed.behind("0badcafe-7", everything)).place == place, "of another process: from now on"
    monkeypatch.setattr("streams.services.changes.PAGE", 1)
    monkeypatch.setattr("streams.services.changes._PAGES", 2)
    await listening.open_tickets("link.dead", "text.typo", "home.stale")
    assert (await feed.behind(place, everything)).unknown
    monkeypatch.undo()
    monkeypatch.setattr("streams.services.changes.KEPT", 1)
    place = (await feed.behind("", everything)).place
    await listening.find(*({"check": "link.dead", "locator": one} for one in "abc"))
    assert (await feed.behind(place, everything)).unknown


async def test_room_for_so_many(listening: Pages) -> None:
    """Of one session twelve; the next is told not to ask again, and when one leaves there is room."""
    someone = await official(listening, "reader")
    place = await since_now(someone)
    waiting = [asyncio.create_task(someone.get("/changes", since=place)) for _ in range(ONES)]
    await until(lambda: listening.premises.changes._listeners.total() == ONES)
    assert (await someone.get("/changes", since=place)).status_code == 204
    listening.premises.changes.stop()
    assert {(await one).status_code for one in waiting} == {200}, "they are not waited for when the pages stop"
    assert (await someone.get("/changes", since=place)).status_code == 200


async def test_listening_is_no_visit(listening: Pages) -> None:
    """An open page does not keep a session alive (W-4); after it, as after a logout, nothing is heard."""
    someone = await official(listening, "reader")
    for _ in range(4):
        assert (await someone.get("/changes")).status_code == 200
        listening.forward(minutes=10)
    assert "/login" in (await someone.get("/changes")).headers["location"]
    other = await official(listening, "handler")
    await since_now(other)
    await other.post("/logout")
    assert "/login" in (await other.get("/changes")).headers["location"]


async def test_pages_say_where_to_listen(listening: Pages) -> None:
    """The list, one ticket and the desk; the rows carry the numbers that are compared."""
    (ticket,) = await listening.open_tickets("link.dead")
    someone = await official(listening, "supervisor")
    number = ticket["ticket_id"]
    for path, root in (("/tickets", "./"), (f"/tickets/{number}", "../"), ("/desk", "./")):
        page = (await someone.get(path)).text
        assert f'data-changes="{root}changes"' in page
        assert (f'data-ticket="{number}"' in page) == (path != "/desk")


async def test_whoever_listens_is_answered_when_the_pages_stop(listening: Pages) -> None:
    """And not cut off after all that a request under way is waited for."""
    someone = await official(listening, "reader")
    settings = listening.premises.settings.model_copy(update={"pages_port": 0})
    async with httpx.AsyncClient(cookies=someone.client.cookies) as browser:
        async with serving(settings, ("desk",), listening.installation.clock) as port:
            url = f"http://127.0.0.1:{port}/changes"
            place, _ = heard(await browser.get(url))
            waiting = asyncio.create_task(browser.get(url, params={"since": place}, timeout=60))
            done, _ = await asyncio.wait({waiting}, timeout=1.0)
            assert not done
        assert heard(await waiting)[1] == {"tickets": [], "unknown": False}
