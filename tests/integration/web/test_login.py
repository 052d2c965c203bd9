"""Logging in and out, one's sessions and password, links that are good once: on both databases."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from streams.services.accounts import first_account, new_link
from streams.services.second_factor import _code
from streams.store.accounts import PageAccount
from streams.store.logins import LinkKind
from streams.web.desk.sessions import COOKIE, PLAIN_COOKIE
from streams.web.guard.rates import Rate
from tests.support.officials import official
from tests.support.pages import Pages, pages_on

PASSWORD = "correct horse 电池 staple"


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on an empty ledger, behind a proxy at 10.0.0.1."""
    async with pages_on(database, tmp_path, pages_proxies="10.0.0.1", pages_user_header="X-Remote-User") as opened:
        opened.premises.rates.logins = Rate(1000)
        yield opened


def browser(pages: Pages, address: str = "203.0.113.9", **headers: str) -> httpx.AsyncClient:
    """A browser of its own at this address."""
    transport = httpx.ASGITransport(pages.app, client=(address, 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://pages.test", headers=headers)


async def with_password(pages: Pages, name: str = "王敏", role: str = "supervisor") -> None:
    """An account that has one."""
    hashed = await pages.premises.passwords.hashed(PASSWORD)
    now = pages.premises.now().real
    await pages.premises.store.accounts.add(PageAccount(name, role, "gov", hashed, now))


async def log_in(
    client: httpx.AsyncClient, name: str = "王敏", password: str = PASSWORD, to: str = ""
) -> httpx.Response:
    """The form, filled in."""
    return await client.post("/login", data={"name": name, "password": password, "next": to})


async def link(pages: Pages, kind: LinkKind, name: str = "") -> str:
    """The address of a new link."""
    store, now = pages.premises.store, pages.premises.now().real
    account = await (store.accounts.named(name) if name else first_account(store, now))
    assert account is not None
    return f"/login?token={await new_link(store, account, kind, now)}"


async def audited(pages: Pages) -> list[tuple[str, str, str]]:
    """Kind, account and result of every entry."""
    async with pages.premises.store._connector.session() as session:
        rows = await session.rows("select kind, account, result from audit order by at, entry_id")
    return [(row[0], row[1], row[2]) for row in rows]


async def test_in_and_out(pages: Pages) -> None:
    """A name and a password: to the page that was wanted, with a new secret; out again, and the secret is worthless."""
    await with_password(pages)
    client = browser(pages)
    client.cookies.set(PLAIN_COOKIE, "a secret that somebody has planted", domain="pages.test")
    answer = await log_in(client, to="/account?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "./account?x=1")
    (cookie,) = answer.headers.get_list("set-cookie")
    assert re.fullmatch(rf"{PLAIN_COOKIE}=[\w-]{{43}}; HttpOnly; Path=/; SameSite=lax", cookie)
    secret = cookie.partition("=")[2].partition(";")[0]
    page = await client.get("/account")
    for text in ("王敏", "督办", "市政府办公室", "及其下级单位", "当前"):
        assert text in page.text, text
    assert page.headers["referrer-policy"] == "same-origin"
    assert secret not in str(await audited(pages)) + page.text
    nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
    assert nonce is not None
    assert (await client.post("/logout", data={"nonce": nonce[1]})).headers["location"] == "./login"
    client.cookies.set(PLAIN_COOKIE, secret, domain="pages.test")
    assert (await client.get("/account")).status_code == 303
    assert sorted(await audited(pages)) == [("login", "王敏", "password"), ("logout", "王敏", "")]


async def test_over_tls_the_cookie_is_secure(pages: Pages) -> None:
    """Behind a proxy that says so; from anybody else that word counts for nothing."""
    await with_password(pages)
    said = {"x-forwarded-proto": "https", "x-forwarded-for": "198.51.100.7"}
    (cookie,) = (await log_in(browser(pages, "10.0.0.1", **said))).headers.get_list("set-cookie")
    assert re.fullmatch(rf"{COOKIE}=[\w-]{{43}}; HttpOnly; Path=/; SameSite=lax; Secure", cookie)
    (cookie,) = (await log_in(browser(pages, **said))).headers.get_list("set-cookie")
    assert cookie.startswith(f"{PLAIN_COOKIE}=")
    sessions = await pages.premises.store.sessions.of("王敏", pages.premises.now().real)
    assert {one.address for one in sessions} == {"198.51.100.7", "203.0.113.9"}


async def test_who_is_wrong_is_told_nothing(pages: Pages) -> None:
    """A name that nobody has, a wrong password, an account without one or that is disabled: one answer."""
    await with_password(pages)
    await with_password(pages, "赵敏")
    await pages.premises.store.accounts.disable("赵敏", pages.premises.now().real)
    await official(pages, "reader", name="无密码")
    said = set()
    for name, password in (("王敏", "wrong"), ("nobody", PASSWORD), ("赵敏", PASSWORD), ("无密码", ""), ("", "")):
        answer = await log_in(browser(pages), name, password)
        assert answer.status_code == 422
        assert "set-cookie" not in answer.headers
        said.add(answer.text.replace(f'value="{name}"', 'value=""'))
    assert len(said) == 1
    tried = sorted(("login_failed", name, "wrong") for name in ("王敏", "", "赵敏", "无密码", ""))
    assert sorted(await audited(pages)) == tried


async def test_five_failures(pages: Pages) -> None:
    """Then not even the right password for 15 minutes, whoever tries on; and a name that nobody has is no different."""
    await with_password(pages)
    for name in ("王敏", "nobody"):
        codes = [(await log_in(browser(pages), name, "wrong")).status_code for _ in range(7)]
        assert codes == [422] * 5 + [429] * 2
        pages.forward(minutes=14)
        locked = await log_in(browser(pages), name)
        assert (locked.status_code, "登录失败次数过多" in locked.text) == (429, True)
        assert locked.headers["retry-after"] == "900"
        pages.forward(minutes=1, seconds=1)
    assert (await log_in(browser(pages))).status_code == 303
    for _ in range(4):
        await log_in(browser(pages), password="wrong")
    assert (await log_in(browser(pages))).status_code == 303
    assert (await log_in(browser(pages), password="wrong")).status_code == 422


async def test_too_many_from_one_address(pages: Pages) -> None:
    """Whatever the names."""
    pages.premises.rates.logins = Rate(3)
    assert [(await log_in(browser(pages), f"n{i}")).status_code for i in range(5)] == [422] * 3 + [429] * 2


async def test_a_link_that_sets_a_password(pages: Pages) -> None:
    """Looked at as often as one likes, used once, within 24 hours; what was open by the old one is ended."""
    someone = await official(pages, "reader", name="王敏")
    address, client = await link(pages, "password", "王敏"), browser(pages)
    token = address.partition("=")[2]
    for _ in range(3):
        page = await client.get(address)
        assert "设置密码" in page.text
        assert page.headers["referrer-policy"] == "no-referrer"
    wrong = {
        "short": "密码至少12位",
        "a" * 20: "不同的字符",
        "王敏的密码一二三四五六七": "不能包含账号名称",
        "b" * 300: "不超过200位",
    }
    for password, fault in wrong.items():
        answer = await client.post("/login", data={"token": token, "password": password, "again": password})
        assert (answer.status_code, fault in answer.text, password in answer.text) == (422, True, False)
    differs = await client.post("/login", data={"token": token, "password": PASSWORD, "again": "another password"})
    assert "两次输入的密码不一致" in differs.text
    done = await client.post("/login", data={"token": token, "password": PASSWORD, "again": PASSWORD})
    assert done.status_code == 303
    assert (await client.get("/account")).status_code == 200
    assert (await someone.get("/account")).status_code == 303
    assert (await client.get(address)).status_code == 410
    again = await browser(pages).post("/login", data={"token": token, "password": PASSWORD, "again": PASSWORD})
    assert (again.status_code, "set-cookie" in again.headers) == (410, False)
    assert (await log_in(browser(pages))).status_code == 303
    late = await link(pages, "password", "王敏")
    pages.forward(hours=24, seconds=1)
    assert (await client.get(late)).status_code == 410


async def test_a_link_that_logs_in(pages: Pages) -> None:
    """From the machine itself, not through a proxy on it, within 10 minutes, once; it makes the first account."""
    here = browser(pages, "127.0.0.1")
    address = await link(pages, "login")
    form = {"token": address.partition("=")[2]}
    for stranger in (browser(pages), browser(pages, "127.0.0.1", **{"x-forwarded-for": "127.0.0.1"})):
        assert (await stranger.get(address)).status_code == 410
        answer = await stranger.post("/login", data=form)
        assert (answer.status_code, "set-cookie" in answer.headers) == (410, False)
    assert "admin" in (await here.get(address)).text
    assert (await here.post("/login", data=form)).status_code == 303
    assert "管理员" in (await here.get("/account")).text
    assert (await here.post("/login", data=form)).status_code == 410
    late = await link(pages, "login")
    pages.forward(minutes=10, seconds=1)
    assert (await here.get(late)).status_code == 410


async def test_ones_own_sessions(pages: Pages) -> None:
    """Listed with browser and address; one, or all others, are ended; nobody ends another's."""
    await with_password(pages)
    wechat = {"user-agent": "Mozilla/5.0 (Linux; Android 14) Chrome/126.0 MicroMessenger/8.0"}
    first, second = browser(pages), browser(pages, **wechat)
    await log_in(first)
    await log_in(second)
    other = await official(pages, "admin")
    page = await first.get("/account")
    assert "微信（Android）" in page.text
    assert page.text.count('data-row="') == 2
    digests = re.findall(r'data-row="(\w+)"', page.text)
    await other.post("/account/sessions", session=digests[0])
    assert (await second.get("/account")).text.count('data-row="') == 2
    nonce = re.findall(r'name="nonce" value="([^"]+)"', page.text)[0]
    done = await first.post("/account/sessions", data={"nonce": nonce})
    assert "所选登录已结束" in (await first.get(done.request.url.join(done.headers["location"]))).text
    assert (await second.get("/account")).status_code == 303
    await log_in(second)
    (theirs,) = re.findall(r'name="session" value="(\w+)"', (await first.get("/account")).text)
    await first.post("/account/sessions", data={"nonce": nonce, "session": theirs})
    assert (await second.get("/account")).status_code == 303


async def test_a_new_password(pages: Pages) -> None:
    """With the old one; other browsers are logged out, this one is not."""
    await with_password(pages)
    first, second = browser(pages), browser(pages)
    await log_in(first)
    await log_in(second)
    nonce = re.findall(r'name="nonce" value="([^"]+)"', (await first.get("/account")).text)[0]
    new = {"nonce": nonce, "password": "another good 密码 2", "again": "another good 密码 2"}
    wrong = await first.post("/account/password", data={**new, "old": "wrong"})
    assert (wrong.status_code, "密码不正确" in wrong.text) == (422, True)
    short = await first.post("/account/password", data={**new, "old": PASSWORD, "password": "x", "again": "x"})
    assert 'href="#account-password"' in short.text
    assert (await first.post("/account/password", data={**new, "old": PASSWORD})).status_code == 303
    assert (await first.get("/account")).status_code == 200
    assert (await second.get("/account")).status_code == 303
    assert (await log_in(browser(pages))).status_code == 422
    assert (await log_in(browser(pages), password="another good 密码 2")).status_code == 303


async def test_what_was_typed_before_the_session_ended(pages: Pages) -> None:
    """Is shown, to be copied; a password never, and nothing that another site has sent."""
    someone = await official(pages, "reader")
    pages.forward(minutes=31)
    answer = await someone.post("/account/password", old="old secret", reason="机房 <b>搬迁</b>")
    assert answer.status_code == 401
    assert "机房 &lt;b&gt;搬迁&lt;/b&gt;" in answer.text
    assert "old secret" not in answer.text
    assert 'href="../login?next=%2Faccount%2Fpassword"' in answer.text or "login?next=/account/password" in answer.text
    someone.client.headers["sec-fetch-site"] = "cross-site"
    assert (await someone.post("/account/password", reason="机房搬迁")).status_code == 303


async def test_logged_in_at_the_proxy(pages: Pages) -> None:
    """A proxy that we know names an account; from anybody else, twice, or of nobody, the header opens nothing."""
    await with_password(pages)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(pages.app, client=("10.0.0.1", 40_000)), base_url="http://pages.test"
    )
    raw = [(b"x-remote-user", "王敏".encode())]
    page = await client.get("/account", headers=raw)
    assert page.status_code == 200
    assert "统一登录" in page.text
    assert ">退出<" not in page.text
    assert (await client.get("/account", headers=raw)).status_code == 200
    assert (await client.get("/account", headers=[*raw, *raw])).status_code == 303
    assert (await client.get("/account", headers=[(b"x-remote-user", b"nobody")])).status_code == 403
    wide = [(b"x-remote-user", "ａｄｍｉｎ".encode())]  # somebody else at the proxy
    await official(pages, "admin", name="admin")
    assert (await client.get("/account", headers=wide)).status_code == 303
    stranger = browser(pages)
    assert (await stranger.get("/account", headers=raw)).status_code == 303
    assert (await audited(pages)).count(("login", "王敏", "proxy")) == 1
    await pages.premises.store.accounts.disable("王敏", pages.premises.now().real)
    assert (await client.get("/account", headers=raw)).status_code == 403


async def test_a_disabled_account_is_out_at_once(pages: Pages) -> None:
    """Its sessions and links with it."""
    await with_password(pages)
    client = browser(pages)
    await log_in(client)
    address = await link(pages, "password", "王敏")
    await pages.premises.store.accounts.disable("王敏", pages.premises.now().real + timedelta(seconds=1))
    assert (await client.get("/account")).status_code == 303
    assert (await client.get(address)).status_code == 410


async def test_a_second_factor(pages: Pages) -> None:
    """Turned on with a code of the secret that the page shows; then a login needs one, each once; off by a new link."""
    await with_password(pages)
    first, second = browser(pages), browser(pages)
    await log_in(first)
    await log_in(second)
    page = (await first.get("/account")).text
    nonce = re.findall(r'name="nonce" value="([^"]+)"', page)[0]
    secret = re.findall(r'name="secret" value="([^"]+)"', page)[0]

    def code() -> str:
        return _code(secret, int(pages.premises.now().real.timestamp()) // 30)

    async def turn(**fields: str) -> httpx.Response:
        return await first.post("/account/factor", data={"nonce": nonce, "secret": secret, "mine": PASSWORD, **fields})

    async def login_with(typed: str) -> int:
        form = {"name": "王敏", "password": PASSWORD, "code": typed}
        return (await browser(pages).post("/login", data=form)).status_code

    for wrong in ({"code": "000000"}, {"code": code(), "mine": "wrong"}, {"code": code(), "secret": "A" * 8}):
        answer = await turn(**wrong)
        assert (answer.status_code, PASSWORD in answer.text) == (422, False)
    assert (await turn(code=code())).status_code == 303
    assert "已开启" in (await first.get("/account")).text
    assert (await second.get("/account")).status_code == 303
    assert await login_with(code()) == 422  # it turned the factor on, and is used
    pages.forward(seconds=30)
    assert [await login_with(typed) for typed in ("", "000000", code(), code())] == [422, 422, 303, 422]
    token = (await link(pages, "password", "王敏")).partition("=")[2]
    await browser(pages).post("/login", data={"token": token, "password": PASSWORD, "again": PASSWORD})
    assert await login_with("") == 303
