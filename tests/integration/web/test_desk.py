"""Who comes to the desk, and what a form there needs, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from schemas.actions import Action
from streams.services.tickets import find
from streams.services.viewers import Role
from streams.web.desk.acting import act, outcomes_told, told_on
from streams.web.desk.sessions import viewer_of
from streams.web.desk.visits import Visit
from tests.support.officials import official
from tests.support.pages import Pages, pages_on


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on an empty ledger."""
    async with pages_on(database, tmp_path) as opened:
        yield opened


async def test_nobody_is_sent_to_log_in_and_back(pages: Pages) -> None:
    """Without a session: to the login, which knows the way back; a made-up secret is none."""
    answer = await pages.client.get("/account?a=1&b=整改")
    assert answer.status_code == 303
    assert answer.headers["location"] == "./login?next=%2Faccount%3Fa%3D1%26b%3D%25E6%2595%25B4%25E6%2594%25B9"
    pages.client.cookies.set("rectify", "made up")
    assert (await pages.client.post("/logout")).status_code == 303
    assert (await pages.client.get("/login")).status_code == 200


async def test_a_session_ends(pages: Pages) -> None:
    """After 30 minutes without a request, 12 hours after it began, when it is logged out, or without its account."""
    someone = await official(pages, "reader")
    for _ in range(24):
        pages.forward(minutes=29)
        assert (await someone.get("/account")).status_code == 200
    pages.forward(minutes=25)
    assert (await someone.get("/account")).status_code == 303
    someone = await official(pages, "reader", name="王敏")
    pages.forward(minutes=31)
    assert (await someone.get("/account")).status_code == 303
    someone = await official(pages, "reader", name="赵敏")
    assert (await someone.post("/logout")).headers["location"] == "./login"
    assert (await someone.get("/account")).status_code == 303


async def test_a_form_comes_from_a_page_of_this_session(pages: Pages) -> None:
    """Without its nonce, with that of another session, an old one, or sent from elsewhere: 403."""
    someone, other = await official(pages, "reader"), await official(pages, "admin")
    now = pages.premises.now().real
    for nonce in ("", "x", pages.premises.nonces.make(other.digest, now)):
        assert (await someone.post("/logout", nonce=nonce)).status_code == 403
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "null"}, {"origin": "http://evil.example"}):
        someone.client.headers = httpx.Headers(headers)
        assert (await someone.post("/logout")).status_code == 403
    someone.client.headers = httpx.Headers({"origin": "http://pages.test", "sec-fetch-site": "same-origin"})
    assert (await someone.post("/logout")).status_code == 303


async def test_the_way_back_stays_with_us(pages: Pages) -> None:
    """Whatever is wanted, it begins at our root; and the larger type is kept."""
    for back in ("//evil.example/", "\\\\evil.example", "https://evil.example", "/../x", "account"):
        answer = await pages.client.post("/larger", data={"large": "1", "back": back})
        assert answer.headers["location"].startswith("./")
        assert answer.request.url.join(answer.headers["location"]).host == "pages.test"
    assert 'class="large"' in (await pages.client.get("/login")).text


async def visit_of(pages: Pages, role: Role, unit_id: str = "", query: str = "") -> Visit:
    """Somebody of this role, on some page."""
    someone = await official(pages, role, unit_id)
    viewer = await viewer_of(pages.premises, someone.name)
    assert viewer is not None
    scope = {
        "type": "http", "method": "GET", "path": "/tickets", "query_string": query.encode(), "headers": [],
        "client": ("203.0.113.9", 40_000), "scheme": "http", "server": ("pages.test", 80),
    }  # fmt: skip
    return Visit(pages.premises, Request(scope), viewer, someone.digest, pages.premises.now())


async def test_an_act_in_ones_own_name(pages: Pages) -> None:
    """A command signed with the desk's key, its event, and an entry of the audit; the same form acts once."""
    (ticket,) = await pages.open_tickets("link.dead")
    found = await find(pages.premises.ledger, ticket["ticket_id"])
    visit = await visit_of(pages, "supervisor", "gov")
    for _ in range(2):
        done = await act(visit, "extend", [found], "nonce", working_days=2, reason="机房搬迁")
        assert [one.state for one in done.outcomes] == ["done"]
    (event,) = pages.desk.events("extended")
    assert (event["by"], event["via"]) == ("supervisor-gov", "account:supervisor-gov")
    assert pages.commands.published[0][1] == pages.premises.signing["web-desk"].key
    answer = told_on(visit, "tickets?unit=kjj", done.form)
    assert answer.headers["location"] == f"./tickets?unit=kjj&done={done.form}"
    ((told,),) = [await outcomes_told(await visit_of(pages, "supervisor", "gov", f"done={done.form}"))]
    assert (told.ticket_id, told.state) == (ticket["ticket_id"], "done")
    assert await outcomes_told(await visit_of(pages, "admin", "", f"done={done.form}")) == []


NOT_ONES_OWN: list[tuple[Role, str, Action, int]] = [
    ("reader", "", "acknowledge", 403),
    ("registrar", "", "acknowledge", 403),
    ("handler", "kjj", "extend", 403),  # a unit asks
    ("handler", "jyj", "acknowledge", 404),  # another unit's
    ("supervisor", "jyj", "extend", 404),
]


async def test_what_is_not_ones_own_is_not_done(pages: Pages) -> None:
    """By role and by unit; nothing is published."""
    (ticket,) = await pages.open_tickets("link.dead")
    found = await find(pages.premises.ledger, ticket["ticket_id"])
    for role, unit_id, action, status in NOT_ONES_OWN:
        visit = await visit_of(pages, role, unit_id)
        with pytest.raises(HTTPException) as refused:
            await act(visit, action, [found], "nonce")
        assert refused.value.status_code == status
    assert pages.commands.published == []
