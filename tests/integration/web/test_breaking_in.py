"""Whoever tries to get in, or further than an account reaches: nothing opens, and nothing of it is a fault of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest

from streams.services.accounts import account_name, add_account, new_link
from streams.services.failure import Failure
from streams.web.guard.rates import Rate
from tests.support.officials import official
from tests.support.pages import Pages, pages_on
from tests.support.supervised import RUN, held

PHOTO = b"\xff\xd8\xff\xe0" + b"photo" * 1_000
PASSWORD = "a good long 密码 1"


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on an empty ledger."""
    async with pages_on(database, tmp_path) as opened:
        yield opened


async def test_addresses_that_nobody_can_mean(pages: Pages) -> None:
    """Characters that no text has, numbers that no row has: the request is said to be wrong, on both databases."""
    someone = await official(pages, "admin")
    for path in (
        "/tickets/%00", "/tickets/ZG%00/files/x", "/registry/asset?id=%00", "/desk/decisions?source=%00",
        "/desk/decisions?after=a%1f%00%1fb", "/desk/decisions/producer?source=%00", "/registry/assets?after=%00",
        f"/account/audit?after={'9' * 30}-x", "/account/audit?after=%C2%B2-x", "/account/audit?after=1-%00",
    ):  # fmt: skip
        answer = await someone.client.get(path)
        assert answer.status_code < 500, (path, answer.status_code)


@pytest.mark.on_sqlite("what comes before a query")
async def test_forms_that_nobody_has_filled_in(pages: Pages) -> None:
    """More conditions than an address has, an origin that is none."""
    someone = await official(pages, "supervisor")
    many = "&".join(f"q={number}" for number in range(600))
    answer = await someone.post("/tickets/bulk", act="acknowledge", all="1", query=many)
    assert answer.status_code == 400
    someone.client.headers["origin"] = "http://["
    assert (await someone.post("/tickets/bulk", act="acknowledge")).status_code == 403


async def test_runs_of_another_unit_are_not_named(pages: Pages) -> None:
    """W-22: somebody who knows a run's name and fills the form in wrongly is shown nothing of it."""
    await held(pages)
    theirs = await official(pages, "supervisor", "jyj")
    named = orjson.dumps([[RUN["asset_id"], RUN["run_id"]]]).decode()
    form = {"source": RUN["source"], "act": "reject", "runs": named, "reason": "长" * 2_001}
    answer = await theirs.post("/desk/decisions/producer", **form)
    assert answer.status_code == 404
    assert "科技局" not in answer.text
    assert (
        await (await official(pages, "supervisor", "kjj")).post("/desk/decisions/producer", **form)
    ).status_code == 422


@pytest.mark.on_sqlite("files: the database hardly shows in them")
async def test_no_file_comes_without_a_claim(pages: Pages) -> None:
    """Of an account that only looks, without a form of ours, about a ticket that takes none now: nothing is kept."""
    (ticket,) = await pages.open_tickets("link.dead")
    ticket_id, token = ticket["ticket_id"], await pages.token(ticket)
    files = {"files": ("现场.jpg", PHOTO, "image/jpeg")}
    reader = await official(pages, "reader", "kjj")
    nonce = pages.premises.nonces.make(reader.digest, pages.premises.now().real)
    path = f"/tickets/{ticket_id}/acts/claim"
    answer = await reader.client.post(path, data={"measures": "已经全部改好", "nonce": nonce}, files=files)
    assert answer.status_code == 409
    typed = {"name": "张三", "measures": "已删除失效链接"}
    strange = await pages.client.post(f"/u/{token}/claim", data={**typed, "nonce": "x"}, files=files)
    assert strange.status_code == 422
    await pages.desk.command(action="close", asset_id="kjj-site", ticket_id=ticket_id, by="王敏", reason="已核实")
    ours = {**typed, "nonce": pages.old_nonce(token)}
    assert (await pages.client.post(f"/u/{token}/claim", data=ours, files=files)).status_code == 409
    assert await pages.premises.store.uploads_of(ticket_id) == []


@pytest.mark.on_sqlite("what comes before a page")
async def test_one_machine_with_many_addresses(pages: Pages) -> None:
    """U-4, W-5: the addresses of an IPv6 network are counted as one; another network is another."""
    pages.premises.rates.logins = Rate(3)
    pages.premises.rates.strangers = Rate(3)

    async def codes(path: str, network: str) -> list[int]:
        found = []
        for number in range(1, 6):
            transport = httpx.ASGITransport(pages.app, client=(f"{network}::{number:x}", 40_000))
            async with httpx.AsyncClient(transport=transport, base_url="http://pages.test") as client:
                answer = await client.get(path) if path != "/login" else await client.post(path, data={"name": "x"})
            found.append(answer.status_code)
        return found

    assert await codes("/login", "2001:db8:1:1") == [422] * 3 + [429] * 2
    assert await codes("/u/unknown", "2001:db8:1:2") == [404] * 3 + [429] * 2
    assert await codes("/u/unknown", "2001:db8:1:3") == [404] * 3 + [429] * 2


@pytest.mark.on_sqlite("what comes before a page")
async def test_nobody_is_logged_in_by_another_site(pages: Pages) -> None:
    """W-6: a link's button that another site presses; from our page, which tells no referrer, it is pressed."""
    store, now = pages.premises.store, pages.premises.now().real
    await official(pages, "reader", name="王敏")
    account = await store.accounts.named("王敏")
    assert account
    secret = await new_link(store, account, "password", now)
    form = {"token": secret, "password": PASSWORD, "again": PASSWORD}
    for headers in ({"sec-fetch-site": "cross-site", "origin": "null"}, {"origin": "http://elsewhere.test"}):
        answer = await pages.client.post("/login", data=form, headers=headers)
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    answer = await pages.client.post("/login", data=form, headers={"origin": "null"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (303, True)


@pytest.mark.on_sqlite("accounts: the database hardly shows in them")
async def test_a_name_that_looks_like_another(pages: Pages) -> None:
    """W-5: no account by it; an unseen mark makes no name at all."""
    store, at = pages.premises.store, pages.premises.now().real
    await add_account(store, "admin", "admin", None, {}, at)
    for name in ("Admin", "аdmin", "аdmіn"):  # with Cyrillic letters
        with pytest.raises(Failure, match="admin"):
            await add_account(store, name, "reader", None, {}, at)
    for name in ("王敏\ufe00", "\u3164", "王\u200b敏"):
        with pytest.raises(Failure, match="可见字符"):
            account_name(name)
