"""Whoever tries to get in, or further than an account reaches: nothing opens, and nothing of it is a fault of ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

import httpx
import orjson
import pytest

from streams.services.accounts import account_name, add_account, new_link
from streams.services.api_keys import Scope
from streams.services.failure import Failure
from streams.store.api_keys import ApiKey
from streams.store.store import Upload
from streams.web.api.openapi import described
from streams.web.guard.rates import Rate
from tests.integration.web.test_rights import RIGHTS_OF
from tests.support.officials import official
from tests.support.pages import CONTACT, Pages, pages_on
from tests.support.supervised import RUN, filled, held

PHOTO = b"\xff\xd8\xff\xe0" + b"photo" * 1_000
PASSWORD = "a good long 密码 1"


async def key(pages: Pages, unit_id: str) -> str:
    """The token of a program that reads and acts for a unit."""
    secret, scopes = "s" * 43, (Scope.READ, Scope.ACT)
    made = ApiKey(
        "k1", "theirs", sha256(secret.encode()).hexdigest(), scopes, (), unit_id, "supervisor", "x",
        pages.premises.now().real,
    )  # fmt: skip
    assert await pages.premises.store.keys.add(made)
    return f"rk_k1_{secret}"


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


@pytest.mark.on_sqlite("which units are seen is the same on both")
async def test_every_route_by_the_ids_of_another_unit(pages: Pages) -> None:
    """W-1, W-10, W-20, W-30: what is named by its id, looked for, or counted: nothing of it is told."""
    await filled(pages)
    ticket_id = next(one["ticket_id"] for one in pages.desk.tickets().values() if one["unit_id"] == "kjj")
    upload = Upload(ticket_id, "b" * 64, "link:x", "现场.png", "image/png", 3, pages.premises.now().at)
    await pages.premises.store.add_uploads([upload])
    (notice_id, *_) = await pages.notice_ids(ticket_id)
    ids = {"ticket_id": ticket_id, "notice_id": notice_id, "digest": "b" * 64, "act": "note", "year": "2026"}
    queries: list[dict[str, str]] = [
        {}, {"unit": "kjj", "sub": "1"}, {"id": "kjj"}, {"id": "kjj-site"}, {"record": "unit", "id": "kjj"},
        {"record": "asset", "id": "kjj-site"}, {"record": "contact", "id": "kjj", "contact": "0"}, {"q": "科技"}, RUN,
        {"asset": "kjj-site", "status": "open,acknowledged,claimed"}, {"sort": "opened"}, {"ticket": ticket_id[:-4]},
    ]  # fmt: skip
    secrets = ("市科技局", "李值守", "li@kjj", "kjj.gov.cn", ticket_id, "现场.png")
    everybody, theirs = await official(pages, "admin"), await official(pages, "admin", "jyj")
    api = [path for path, acts in orjson.loads(described())["paths"].items() if "get" in acts]
    token, paths = await key(pages, "jyj"), [name.partition(" ")[2] for name in RIGHTS_OF if name.startswith("GET")]
    headers = {"authorization": f"Bearer {token}"}
    seen: set[str] = set()
    for path in (*paths, *(one for one in api if "message_id" not in one)):
        address = path.format_map(defaultdict(lambda: "none", ids))
        for query in queries:
            asked = query if "ticket" not in query or path.startswith("/api/") else {}
            asked = {**asked, "ticket": ticket_id} if "ticket" in asked else asked
            if path.startswith("/api/"):
                answer = await pages.client.get(address, params=asked, headers=headers)
            else:
                answer = await theirs.get(address, **asked)
                whole = await everybody.get(address, **asked)
                seen |= {path} if any(one in whole.text for one in secrets) else set()
            told = answer.text.replace(ticket_id, "") if ticket_id in str(answer.request.url) else answer.text
            assert not [one for one in secrets if one in told], (address, asked)
            assert answer.status_code < 500, (address, asked)
    assert len(api) > 8
    assert len(seen) > 15, seen


@pytest.mark.on_sqlite("which units are seen is the same on both")
async def test_every_form_about_what_is_another_units(pages: Pages) -> None:
    """W-3, W-21, W-23, W-31: a form that is right but for whose it is about publishes nothing; its own unit's does."""
    await filled(pages)
    ticket_id = next(one["ticket_id"] for one in pages.desk.tickets().values() if one["unit_id"] == "kjj")
    (notice_id, *_) = await pages.notice_ids(ticket_id)
    runs = orjson.dumps([[RUN["asset_id"], RUN["run_id"]]]).decode()
    record = {"name": "改了名", "sure": "1", "digest": "x"}
    forms: dict[str, dict[str, str]] = {
        "/tickets/bulk": {"act": "acknowledge", "ticket": ticket_id, "confirm": "1"},
        "/tickets/bulk?all": {"act": "acknowledge", "all": "1", "query": "unit=kjj", "confirm": "1"},
        f"/tickets/{ticket_id}/acts/note": {"text": "备注"},
        f"/tickets/{ticket_id}/acts/ask": {"kind": "false_alarm", "reason": "误报"},
        "/desk/decisions/run": {**RUN, "act": "reject"},
        "/desk/decisions/producer": {"source": RUN["source"], "act": "reject", "runs": runs},
        f"/desk/notices/{notice_id}": {"reason": "地址已更正"},
        "/registry/edit": {"record": "unit", "id": "kjj", **record},
        "/registry/edit?contact": {"record": "contact", "id": "kjj", "contact": "0", "remove": "1", **record},
        "/registry/edit?asset": {"record": "asset", "id": "kjj-site", "kind": "website", "unit_id": "jyj", **record},
        "/registry/edit?below": {"record": "unit", "unit_id": "new", "supervisor_id": "kjj", **record},
    }
    theirs, ours = await official(pages, "admin", "jyj"), await official(pages, "admin", "gov")
    for path, form in forms.items():
        answer = await theirs.post(path, **form)
        assert answer.status_code in (404, 422), (path, answer.status_code)
        assert not [one for one in ("市科技局门户", "李值守", "li@kjj") if one in answer.text], path
    assert (pages.commands.published, pages.registering.published) == ([], [])
    for path in (f"/tickets/{ticket_id}/acts/note", "/desk/decisions/run", f"/desk/notices/{notice_id}"):
        await ours.post(path, **forms[path])
    assert len(pages.commands.published) == 3


@pytest.mark.on_sqlite("templates: the database does not show in them")
async def test_no_text_is_markup(pages: Pages) -> None:
    """Whatever a producer, a unit, the registry or an address says, in every field: text on every page."""
    bad = "\"'><zz9 onload=x>"
    site = {
        "asset_id": bad,
        "name": bad,
        "kind": "website",
        "unit_id": "kjj",
        "url": f"https://a.cn/{bad}",
        "code": bad,
    }
    await pages.desk.register(f"asset:{bad}", **site, region=bad, level=bad)
    unit = {"unit_id": "kjj", "name": f"市科技局{bad}", "supervisor_id": "gov", "contacts": [{**CONTACT, "name": bad}]}
    await pages.desk.register("unit:kjj", **unit, region=bad, letterhead={"name": bad, "contact": bad})
    for number, check in enumerate(("link.dead", f"own.{bad}")):
        evidence = dict.fromkeys(("url", "snippet", "suggestion", "screenshot_url", "word", "target"), bad)
        await pages.find(
            {"asset_id": bad, "check": check, "locator": f"javascript:{bad}{number}", "title": bad, "detail": bad,
             "source": bad, "run_id": bad, "evidence": evidence, "due_by": "2026-03-20", "basis": bad}
        )  # fmt: skip
    ids = [one["ticket_id"] for one in pages.desk.tickets().values()]
    assert len(ids) == 2
    by = {"asset_id": bad, "ticket_id": ids[0], "by": bad}
    await pages.desk.command(action="ask", kind="not_ours", reason=bad, **by)
    await pages.desk.command(
        action="claim_fix", measures=f"已经改好了{bad}", evidence={"url": f"https://a.cn/{bad}"}, **by
    )
    await pages.desk.command(action="note", text=bad, **by)
    someone, query = await official(pages, "admin"), {"q": bad, "unit": bad, "id": bad, "next": bad, "source": bad}
    paths = [row.path or name.partition(" ")[2] for name, row in RIGHTS_OF.items() if name.startswith("GET")]
    for path in paths:
        for ticket_id in ids if "ZG000000-0" in path else ("",):
            for given in ({}, query):
                answer = await someone.get(path.replace("ZG000000-0", ticket_id), **given)
                assert "<zz9" not in answer.text, (path, given)
    for path in (f"/registry/{kind}?{urlencode({'id': bad})}" for kind in ("asset", "unit")):
        assert "<zz9" not in (await someone.client.get(path)).text, path
    for act in ("refuse_ask", "reassign", "split", "note", "ask?kind=extension"):
        assert "<zz9" not in (await someone.client.get(f"/tickets/{ids[0]}/acts/{act}")).text, act
    pages_of_unit = await pages.get(await pages.token({"ticket_id": ids[1]}))
    assert "zz9" in pages_of_unit.text
    assert "<zz9" not in pages_of_unit.text
    for page in (await someone.client.get(f"/tickets/{ids[0]}"), pages_of_unit):
        assert 'href="javascript' not in page.text


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
