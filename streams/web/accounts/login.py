"""Logging in: by name and password, or by a link that is good once."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from notifiers.text import clean
from streams.rules.state.snapshot import Now
from streams.services.accounts import NAME, by_password, link_of
from streams.services.passwords import password_fault
from streams.store.audit import AuditEntry, AuditKind
from streams.store.logins import LoginLink
from streams.web.desk.sessions import begin_session
from streams.web.desk.visits import address_of, back_to, desk_page
from streams.web.forms.reading import BadForm, SentForm, read_form
from streams.web.guard.addresses import is_here, neighbourhood
from streams.web.guard.origins import is_foreign, is_ours
from streams.web.premises import Premises

WRONG: Final = "账号名称、密码或动态码不正确。"
LOCKED: Final = "登录失败次数过多，请15分钟后再试，或联系管理员。"
ENDED: Final = "链接无效或已过期，请联系管理员重新取得。"
ELSEWHERE: Final = "此链接只能在服务器本机打开。"
_SEE_OTHER, _UNPROCESSABLE, _TOO_OFTEN, _FORBIDDEN, _GONE = 303, 422, 429, 403, 410
_LINK_HEADERS: Final = {"Referrer-Policy": "no-referrer"}  # the address is a key


async def show_login(premises: Premises, request: Request) -> Response:
    """The form; with `token`, what the link is for. Nothing is spent by looking."""
    secret = request.query_params.get("token", "")
    if not secret:
        return _form(request, request.query_params.get("next", ""), out=request.query_params.get("out") == "1")
    link = await link_of(premises.store, secret, premises.now().real)
    fault = _link_fault(request, link)
    if fault:
        return _form(request, "", _GONE, fault)
    return _link_page(request, link, secret)


async def submit_login(premises: Premises, request: Request) -> Response:
    """Name and password, or the button of a link."""
    now = premises.now()
    if not premises.rates.logins.allows(neighbourhood(request, premises.settings.proxies)):
        return _form(request, "", _TOO_OFTEN, LOCKED)
    sent = await read_form(request, None)
    if is_foreign(request.headers):
        raise BadForm(_FORBIDDEN)
    if secret := sent.one("token"):
        return await _by_link(premises, request, sent, secret, now)
    if not is_ours(request.headers):
        raise BadForm(_FORBIDDEN)
    name, back = clean(sent.one("name"))[:NAME], sent.one("next")
    password, code = sent.fields.get("password", [""])[-1], sent.one("code")
    found = await by_password(premises.store, premises.passwords, name, password, now.real, code)
    if isinstance(found, str):
        # What is typed as a name may be a password: it is kept only where it is a name.
        known = await premises.store.accounts.named(name)
        await record(premises, request, "login_failed", name if known else "", found, now)
        status, text = (_TOO_OFTEN, LOCKED) if found == "locked" else (_UNPROCESSABLE, WRONG)
        return _form(request, back, status, text, name)
    return await come_in(premises, request, found.name, back, "password", now)


async def _by_link(premises: Premises, request: Request, sent: SentForm, secret: str, now: Now) -> Response:
    link = await link_of(premises.store, secret, now.real)
    fault = _link_fault(request, link)
    if fault or link is None:
        await record(premises, request, "login_failed", link.account if link else "", "link", now)
        return _form(request, "", _GONE, fault or ENDED)
    password = sent.fields.get("password", [""])[-1]
    if link.kind == "password":
        errors = password_errors(password, sent.fields.get("again", [""])[-1], link.account)
        if errors:
            return _link_page(request, link, secret, errors)
    if not await premises.store.logins.spend(link.digest):
        return _form(request, "", _GONE, ENDED)
    if link.kind == "password":
        await premises.store.accounts.set_password(link.account, await premises.passwords.hashed(password))
        await premises.store.accounts.set_factor(link.account, "")
        await premises.store.sessions.end_others(link.account, "")
        await premises.store.logins.forget_failures(link.account)
        await record(premises, request, "account", link.account, "password_set", now)
    return await come_in(premises, request, link.account, "", "link", now)


def password_errors(password: str, again: str, name: str) -> dict[str, str]:
    """What is wrong with a new password, by field."""
    if fault := password_fault(password, name):
        return {"password": fault}
    return {} if password == again else {"again": "两次输入的密码不一致"}


async def come_in(premises: Premises, request: Request, name: str, back: str, way: str, now: Now) -> Response:
    """Logs in, and goes to the page that was wanted; `way`: as the audit says it."""
    response = RedirectResponse(back_to(request, back), _SEE_OTHER)
    await begin_session(premises, request, response, name, address_of(premises, request), now.real)
    await record(premises, request, "login", name, way, now)
    return response


async def record(premises: Premises, request: Request, kind: AuditKind, name: str, result: str, now: Now) -> None:
    """Into the audit, of somebody who is not in yet."""
    about = name if kind == "account" else ""
    entry = AuditEntry(now.real, name, kind, about, result, address_of(premises, request))
    await premises.store.audit.add(entry)


def _link_fault(request: Request, link: LoginLink | None) -> str:
    if link is None:
        return ENDED
    return ELSEWHERE if link.kind == "login" and not is_here(request) else ""


def _form(
    request: Request, back: str, status: int = 200, alert: str = "", name: str = "", *, out: bool = False
) -> Response:
    """`out`: somebody has just logged out."""
    headers = {"Retry-After": "900"} if status == _TOO_OFTEN else None
    premises: Premises = request.app.state.premises
    service = premises.login_service
    context = {
        "next": back,
        "alert": alert,
        "values": {"name": name},
        "elsewhere": service is not None,
        "out": out,
        "leave": service.logout_address() if service is not None and out else "",
    }
    return desk_page(request, "accounts/login.html", status, headers, **context)


def _link_page(request: Request, link: LoginLink | None, secret: str, errors: dict[str, str] | None = None) -> Response:
    status = _UNPROCESSABLE if errors else 200
    return desk_page(request, "accounts/link.html", status, _LINK_HEADERS, link=link, token=secret, errors=errors or {})
