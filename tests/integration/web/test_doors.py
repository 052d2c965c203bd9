"""Links that open nothing, bodies that are none, and what every answer brings: on both databases."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from streams.ledger.reading.links import notice_named
from streams.presentation import links
from streams.web.forms.reading import FORM_BYTES
from streams.web.guard.rates import Rate
from streams.web.premises import GETS, POSTS
from tests.support.pages import CONTACT, KEY, Pages, pages_on

pytestmark = pytest.mark.on_sqlite("what comes before a page: the database hardly shows in it")

OTHER_KEY = "another-key-of-links-that-was-withdrawn-1"


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on an empty ledger."""
    async with pages_on(database, tmp_path) as opened:
        yield opened


def says_nothing(page: httpx.Response, ticket_id: str, status: int) -> None:
    """No form, nothing of the problem."""
    assert page.status_code == status
    for text in ("<form", ticket_id, "kjj.gov.cn", "科技局", "问题", "李值守"):
        assert text not in page.text, text


async def test_what_was_never_ours_is_not_found(pages: Pages) -> None:
    """Tampered, truncated, foreign, of a withdrawn key, of a notice that is pruned: one page."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    strange = [
        forged, token[:-1], token + "A", token[1:], "A" * 36, "x", "../etc/passwd", "%00", "é" * 36,
        links.token(OTHER_KEY, (await pages.notice_ids(ticket["ticket_id"]))[0]), links.token(KEY, "0" * 32),
    ]  # fmt: skip
    bodies = set()
    for one in strange:
        page = await pages.client.get(f"/u/{one}")
        says_nothing(page, ticket["ticket_id"], 404)
        if "/" not in one:
            bodies.add(page.text)
    assert len(bodies) == 1
    posted = await pages.client.post(f"/u/{forged}/acknowledge", data={"name": "张三", "nonce": "x"})
    says_nothing(posted, ticket["ticket_id"], 404)


async def test_the_short_token_opens_the_same(pages: Pages) -> None:
    """The one that short messages carry."""
    (ticket,) = await pages.open_tickets("link.dead")
    notice_id = (await pages.notice_ids(ticket["ticket_id"]))[0]
    page = await pages.get(links.short_token(KEY, notice_id))
    assert ticket["ticket_id"] in page.text


async def test_what_has_ended_says_so_and_nothing_else(pages: Pages) -> None:
    """30 days, a contact who has gone, a ticket that has moved or was closed a week ago: one page, whom to call."""
    (ticket,) = await pages.open_tickets("link.dead")
    token, told = await pages.token(ticket), set()
    ours = {"ticket_id": ticket["ticket_id"], "asset_id": "kjj-site"}
    unit = {"unit_id": "kjj", "name": "市科技局", "supervisor_id": "gov"}

    async def ended() -> None:
        page = await pages.get(token)
        says_nothing(page, ticket["ticket_id"], 410)
        assert "链接已失效" in page.text
        told.add(page.text)

    async def opens() -> None:
        assert (await pages.get(token)).status_code == 200

    await pages.desk.register("unit:kjj", **unit, contacts=[{**CONTACT, "email": "wang@kjj.gov.cn"}])
    await ended()
    await pages.desk.register("unit:kjj", **unit, contacts=[CONTACT])
    await opens()
    await pages.desk.command(action="reassign", unit_id="jyj", **ours)
    await ended()
    await pages.desk.command(action="reassign", unit_id="kjj", **ours)
    await opens()
    await pages.desk.command(action="close", reason="测试", **ours)
    pages.forward(days=6)
    await opens()
    pages.forward(days=1, minutes=1)
    await ended()
    await pages.desk.command(action="reopen", reason="测试", **ours)
    await opens()
    pages.forward(days=25)
    await ended()
    assert len(told) == 1


async def test_a_closed_ticket_has_no_form(pages: Pages) -> None:
    """It can be read for a week."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    await pages.desk.command(action="close", reason="测试", ticket_id=ticket["ticket_id"], asset_id="kjj-site")
    page = await pages.get(token)
    assert page.status_code == 200
    assert "<form" not in page.text
    assert "本单无需再办理" in page.text


async def test_thousands_of_unknown_links(pages: Pages) -> None:
    """From one address: 404, then 429; a link that is known still opens from there."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    found = [await pages.status(f"/u/{number:036d}") for number in range(10_000)]
    assert found[:30] == [404] * 30
    assert set(found[30:]) <= {404, 429}
    assert found.count(429) > 9_900
    assert (await pages.get(token)).status_code == 200


async def test_an_address_is_believed_from_proxies_alone(pages: Pages, database: str, tmp_path: Path) -> None:
    """Whoever writes X-Forwarded-For himself is counted under his own address."""
    for number in range(40):
        await pages.client.get("/u/unknown", headers={"X-Forwarded-For": f"10.0.0.{number}"})
    assert (await pages.client.get("/u/unknown", headers={"X-Forwarded-For": "10.9.9.9"})).status_code == 429


async def test_a_link_is_shown_and_submitted_so_often(pages: Pages) -> None:
    """30 times and 10 times a minute, here within one moment."""
    rates = pages.premises.rates
    rates.shown, rates.submitted = Rate(GETS, clock=lambda: 0.0), Rate(POSTS, clock=lambda: 0.0)
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    shown = [(await pages.get(token)).status_code for _ in range(40)]
    assert (shown.count(200), shown.count(429)) == (30, 10)
    sent = [(await pages.client.post(f"/u/{token}/note", data={"name": ""})).status_code for _ in range(15)]
    assert sent.count(429) == 5


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "提交过快"), (13 * 3_600, "页面打开时间过长")], ids=["too soon", "too old"]
)
async def test_a_form_is_good_for_a_while(pages: Pages, seconds: int, words: str) -> None:
    """From 3 seconds to 12 hours; what was typed stays."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    nonce = pages.premises.nonces.make(token, pages.premises.now().real)
    pages.installation.clock.real += timedelta(seconds=seconds)
    answer = await pages.post(token, "claim", nonce=nonce, measures="已经删除失效链接")
    assert answer.status_code == 422
    assert words in answer.text
    assert "已经删除失效链接" in answer.text
    assert pages.commands.published == []


@pytest.mark.parametrize("nonce", ["", "x", "é", "A" * 500, "=" * 32])
async def test_a_form_that_is_not_ours(pages: Pages, nonce: str) -> None:
    """Nor that of another link."""
    tickets = await pages.open_tickets("link.dead")
    token = await pages.token(tickets[0])
    assert (await pages.post(token, "acknowledge", nonce=nonce)).status_code == 422
    foreign = pages.premises.nonces.make("other", pages.premises.now().real)
    pages.forward(seconds=5)
    assert (await pages.post(token, "acknowledge", nonce=foreign)).status_code == 422
    assert pages.commands.published == []


async def test_every_answer_has_its_headers(pages: Pages) -> None:
    """Whatever it is: pages, refusals, files, faults."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    css = re.search(r"static/(rectify\.\w+\.css)", (await pages.get(token)).text)
    assert css
    for method, path in (
        ("GET", f"/u/{token}"), ("GET", "/u/unknown"), ("POST", f"/u/{token}/acknowledge"), ("GET", "/nothing"),
        ("GET", "/healthz"), ("GET", "/readyz"), ("GET", f"/static/{css[1]}"), ("GET", "/static/../app.py"),
        ("DELETE", f"/u/{token}"), ("GET", f"/u/{token}/files/{'0' * 64}"), ("GET", "/docs"), ("GET", "/openapi.json"),
        ("GET", "/favicon.ico"),
    ):  # fmt: skip
        answer = await pages.client.request(method, path)
        assert answer.headers["referrer-policy"] == "no-referrer", path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "no-store" in answer.headers["cache-control"] or path.startswith(("/static/r", "/fav"))
        assert token not in answer.text or path.startswith(f"/u/{token}")
        assert "server" not in answer.headers


async def test_no_page_reaches_out(pages: Pages) -> None:
    """Nothing of others is loaded; no style or script stands in the page."""
    (ticket,) = await pages.open_tickets("link.dead")
    page = (await pages.get(await pages.token(ticket))).text
    assert re.search(r"\son\w+=|style=|<style|<script>", page) is None
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', page)
    assert loaded
    assert all(address.startswith("../static/") for address in loaded)


async def test_bodies_say_how_long_they_are(pages: Pages) -> None:
    """Without a length, with a false one, or with a gigabyte: refused before anything is read."""
    (ticket,) = await pages.open_tickets("link.dead")
    address = f"/u/{await pages.token(ticket)}/claim"

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x" * 1024

    async def post(**headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = {"content-type": "multipart/form-data; boundary=b"}
        return (await pages.client.post(address, content=chunks(), headers=kind | named)).status_code

    assert await post() == 411
    assert await post(content_length=str(1 << 30)) == 413
    assert await post(content_length=str(FORM_BYTES + 1)) == 413
    assert await post(content_length="-1") == 400
    assert await post(content_length="1e3") == 400
    assert await post(content_length="100") == 413
    assert (await pages.client.post("/healthz", content=b"x" * 100_000)).status_code == 413


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=b",
    ],
)
async def test_a_body_that_is_no_form(pages: Pages, kind: str) -> None:
    """Without a boundary, or of another kind."""
    (ticket,) = await pages.open_tickets("link.dead")
    address = f"/u/{await pages.token(ticket)}/claim"
    answer = await pages.client.post(address, content=b"x" * 5_000_000, headers={"content-type": kind})
    assert answer.status_code == 400


async def test_a_fault_of_ours_says_nothing(pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    """The ledger is gone: 503 in words; nothing of the address in any log."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    await pages.premises.ledger.close()
    answer = await pages.get(token)
    assert answer.status_code in {500, 503}
    assert "稍后再试" in answer.text
    assert token not in caplog.text
    assert token not in answer.text


async def test_a_notice_is_found_by_its_beginning_only_if_it_is_the_only_one(pages: Pages) -> None:
    """What the short token names."""
    (ticket,) = await pages.open_tickets("link.dead")
    notice_id = (await pages.notice_ids(ticket["ticket_id"]))[0]
    found = await notice_named(pages.premises.ledger, notice_id[:16])
    assert found is not None
    assert found.notice_id == notice_id
    assert await notice_named(pages.premises.ledger, "f" * 16) is None
    await asyncio.sleep(0)
