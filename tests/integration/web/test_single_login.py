"""Logging in at the office's own login service (W-41), beside a real one on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey

from streams.store.audit import AuditFilter
from streams.web.accounts.single_login import PLAIN_COOKIE
from streams.web.desk import sessions
from tests.support.login_service import CLIENT_ID, CLIENT_SECRET, LoginProvider, login_provider, signing_key
from tests.support.officials import official
from tests.support.pages import Pages, pages_on

pytestmark = pytest.mark.on_sqlite("what is said between servers: the database hardly shows in it")


@pytest.fixture
async def provider() -> AsyncIterator[LoginProvider]:
    """The login service."""
    async with login_provider() as started:
        yield started


@pytest.fixture
async def pages(database: str, tmp_path: Path, provider: LoginProvider) -> AsyncIterator[Pages]:
    """Pages that know it, with an account that it knows, too."""
    settings = {
        "pages_oidc_issuer": provider.issuer, "pages_oidc_client_id": CLIENT_ID,
        "pages_oidc_client_secret": CLIENT_SECRET, "pages_url_internal": "http://pages.test",
    }  # fmt: skip
    async with pages_on(database, tmp_path, **settings) as opened:
        await official(opened, "supervisor", "gov", "王敏")
        yield opened


def browser(pages: Pages) -> httpx.AsyncClient:
    """A browser that keeps its cookies."""
    transport = httpx.ASGITransport(pages.app, client=("203.0.113.9", 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://pages.test")


async def way_back(pages: Pages, provider: LoginProvider, client: httpx.AsyncClient, path: str = "/login/oidc") -> str:
    """Somebody goes to the service, logs in there, and is sent back to this address."""
    provider.now = pages.premises.now().real.timestamp()
    going = await client.get(path)
    assert going.status_code == 303, going.text
    async with httpx.AsyncClient() as there:
        back = (await there.get(going.headers["location"])).headers["location"]
    assert back.startswith("http://pages.test/login/oidc/back?")
    return str(back)


async def come_in(pages: Pages, provider: LoginProvider, client: httpx.AsyncClient) -> httpx.Response:
    """All of it."""
    return await client.get(await way_back(pages, provider, client))


async def audited(pages: Pages) -> list[tuple[str, str, str]]:
    """What is kept of logins."""
    found = await pages.premises.store.audit.find(AuditFilter(), "", 100)
    return [(one.kind, one.account, one.result) for one in found.entries.values()]


async def test_logged_in_there(pages: Pages, provider: LoginProvider) -> None:
    """Offered first; the session is one of ours and ends as one; it leads to the page that somebody wanted."""
    client = browser(pages)
    page = (await client.get("/login?next=%2Ftickets%3Fq%3D1")).text
    assert page.index('href="./login/oidc?next=%2Ftickets%3Fq%3D1"') < page.index('name="password"')
    back = await way_back(pages, provider, client, "/login/oidc?next=%2Ftickets%3Fq%3D1")
    answer = await client.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "../../tickets?q=1")
    assert PLAIN_COOKIE not in client.cookies
    account = await client.get("/account")
    assert "王敏" in account.text
    nonce = account.text.partition('name="nonce" value="')[2].partition('"')[0]
    out = await client.post("/logout", data={"nonce": nonce})
    left = await client.get(out.request.url.join(out.headers["location"]))
    assert f'href="{provider.issuer}/logout?client_id=rectify' in left.text
    assert (await client.get("/account")).status_code == 303
    assert sorted(await audited(pages)) == [("login", "王敏", "oidc"), ("logout", "王敏", "")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"claims": {"nonce": "of another login"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "another program"}},
        {"claims": {"aud": ["another program", CLIENT_ID]}},
        {"claims": {"azp": "another program"}},
        {"claims": {"iss": "https://elsewhere.test"}},
        {"claims": {"exp": 1}},
        {"claims": {"exp": None}},
        {"claims": {"iat": 9_999_999_999}},
        {"claims": {"sub": None}},
        {"claims": {"sub": 7}},
        {"algorithm": "none"},
        {
            "algorithm": "HS256",
            "key": OctKey.import_key(CLIENT_SECRET * 3, {"kid": "k1"}),
            "published": ("k1",),
        },
        {"algorithm": "RS512"},  # which it has not said that it uses
        {"published": ("k1", "stranger")},  # somebody else's signature
        {"published": ("k2",)},
    ],
    ids=lambda wrong: str(wrong)[:60],
)
async def test_what_cannot_be_believed(pages: Pages, provider: LoginProvider, wrong: dict[str, Any]) -> None:
    """Another's token, an old one, one that nobody or somebody else has signed: nobody comes in by it."""
    for name, value in wrong.items():
        setattr(provider, name, [signing_key(*value)] if name == "published" else value)
    client = browser(pages)
    answer = await come_in(pages, provider, client)
    assert (answer.status_code, "无法核实" in answer.text) == (403, True)
    assert sessions.PLAIN_COOKIE not in client.cookies
    assert await audited(pages) == [("login_failed", "", "oidc_refused")]


async def test_only_the_browser_that_went_comes_back(pages: Pages, provider: LoginProvider) -> None:
    """Somebody else's way back, one without its state, one that was used: whoever follows it is not logged in."""
    mine, theirs = browser(pages), browser(pages)
    back = await way_back(pages, provider, mine)
    await way_back(pages, provider, theirs)
    code = dict(parse_qsl(urlsplit(back).query))["code"]
    for client, address in (
        (theirs, back), (browser(pages), back), (mine, f"/login/oidc/back?code={code}&state=x"),
        (mine, back),  # a wrong state has ended it
    ):  # fmt: skip
        answer = await client.get(address)
        assert (answer.status_code, "不是在这个浏览器里开始的" in answer.text) == (400, True)
        assert sessions.PLAIN_COOKIE not in client.cookies
        assert answer.headers["referrer-policy"] == "no-referrer"
    denied = await way_back(pages, provider, mine)
    state = dict(parse_qsl(urlsplit(denied).query))["state"]
    answer = await mine.get(f"/login/oidc/back?error=access_denied&error_description=%3Cb%3E&state={state}")
    assert (answer.status_code, "没有放行" in answer.text, "<b>" in answer.text) == (403, True, False)


async def test_a_login_makes_no_account(pages: Pages, provider: LoginProvider) -> None:
    """Of a name that no account has, that is another spelling of one, or whose account is disabled: it is said so."""
    before = await pages.premises.store.accounts.all()
    await official(pages, "admin", name="admin")
    for name in ("赵敏<b>", "ａｄｍｉｎ", "admin ", "", "x" * 300):
        provider.person = {"sub": name}
        answer = await come_in(pages, provider, browser(pages))
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, True)
        assert "rectify=" not in answer.headers["set-cookie"]
        assert ("登录不会新建账号" in answer.text) == bool(name)
    await pages.premises.store.accounts.disable("王敏", pages.premises.now().real)
    provider.person = {"sub": "王敏"}
    assert (await come_in(pages, provider, browser(pages))).status_code == 403
    assert len(await pages.premises.store.accounts.all()) == len(before) + 1


async def test_its_key_is_another(pages: Pages, provider: LoginProvider) -> None:
    """A token of a key that it has published since is believed; what it says of itself is not asked for each time."""
    assert (await come_in(pages, provider, browser(pages))).status_code == 303
    assert (await come_in(pages, provider, browser(pages))).status_code == 303
    assert provider.asked == ["describe", "keys", "token", "token"]
    provider.key = signing_key("k2")
    assert (await come_in(pages, provider, browser(pages))).status_code == 303


async def test_it_is_away(pages: Pages, provider: LoginProvider) -> None:
    """Before the login, or between: a page that offers our own accounts; as good when it describes itself wrongly."""
    client = browser(pages)
    provider.is_away = True
    answers = [await client.get("/login/oidc")]
    provider.is_away = False
    for described in ({"issuer": "https://elsewhere.test"}, {"token_endpoint": "ftp://x/"}, {"jwks_uri": None}):
        provider.described = described
        answers.append(await client.get("/login/oidc"))
    provider.described = {}
    back = await way_back(pages, provider, client)
    provider.is_away = True
    answers.append(await client.get(back))
    for answer in answers:
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert "统一登录暂时无法使用" in answer.text
        assert 'login">用本系统的账号登录</a>' in answer.text
    assert (await client.get("/login")).status_code == 200
