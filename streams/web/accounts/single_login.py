"""`/login/oidc`: to the office's login service, and back from there (rule W-41)."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from notifiers.text import clean
from streams.log_events import event_log
from streams.rules.state.snapshot import Now
from streams.services.accounts import account_name
from streams.services.failure import Failure
from streams.services.login_service import LoginAttempt, LoginRefused, LoginService, LoginServiceAway
from streams.web.accounts.login import LOCKED, come_in, record
from streams.web.desk.visits import desk_page
from streams.web.guard.addresses import is_encrypted, neighbourhood
from streams.web.premises import Premises

COOKIE: Final = "__Host-rectify-oidc"
PLAIN_COOKIE: Final = "rectify-oidc"  # of a site without TLS
_GOOD_FOR: Final = 600  # seconds
_PATH: Final = 2_000  # characters of the page to come back to
_SHOWN: Final = 80  # characters of a name
_SEE_OTHER, _BAD, _FORBIDDEN, _NO_SUCH, _TOO_OFTEN, _AWAY = 303, 400, 403, 404, 429, 503
_HEADERS: Final = {"Referrer-Policy": "no-referrer"}  # the address has a code
AWAY: Final = "统一登录暂时无法使用。请过几分钟重试，或者用本系统的账号和密码登录。"
STALE: Final = "登录没有完成：页面已过期，或者不是在这个浏览器里开始的。请重新登录。"
DENIED: Final = "统一登录没有放行。请重新登录，仍不行的，请联系统一登录的管理员。"
NOT_BELIEVED: Final = "统一登录返回的身份信息无法核实，没有采用。请重新登录，仍不行的，请联系管理员。"
NO_ACCOUNT: Final = (
    "您已通过统一登录，身份是“{}”，但本系统没有这个名称的可用账号。登录不会新建账号，请联系管理员建立，名称须一字不差。"
)

log = event_log(__name__)


async def go(premises: Premises, request: Request) -> Response:
    """To the service; the browser keeps what the way back needs."""
    service, attempt = _service(premises), LoginAttempt.new()
    try:
        address = await service.address(attempt)
    except LoginServiceAway as error:
        return _away(request, error)
    response = RedirectResponse(address, _SEE_OTHER)
    back = urlsafe_b64encode(request.query_params.get("next", "")[:_PATH].encode("utf-8", "replace")).decode()
    encrypted = is_encrypted(request, premises.settings.proxies)
    response.set_cookie(
        _cookie(premises, request), f"{attempt.secret}.{back}", max_age=_GOOD_FOR, path="/", secure=encrypted,
        httponly=True, samesite="lax",
    )  # fmt: skip
    return response


async def come_back(premises: Premises, request: Request) -> Response:
    """From the service, with a code; whatever comes of it, this way is good once."""
    service, now = _service(premises), premises.now()
    if not premises.rates.logins.allows(neighbourhood(request, premises.settings.proxies)):
        return _said(request, _TOO_OFTEN, LOCKED)
    response = await _let_in(premises, request, service, now)
    encrypted = is_encrypted(request, premises.settings.proxies)
    name = _cookie(premises, request)
    response.delete_cookie(name, path="/", secure=encrypted, httponly=True, samesite="lax")
    return response


async def _let_in(premises: Premises, request: Request, service: LoginService, now: Now) -> Response:
    query = request.query_params
    secret, _, back = request.cookies.get(_cookie(premises, request), "").partition(".")
    attempt = LoginAttempt(secret)
    state = query.get("state", "").encode("utf-8", "replace")
    if not secret or not hmac.compare_digest(state, attempt.state.encode()):
        await record(premises, request, "login_failed", "", "oidc_state", now)
        return _said(request, _BAD, STALE)
    if "error" in query:
        await record(premises, request, "login_failed", "", "oidc_denied", now)
        return _said(request, _FORBIDDEN, DENIED)
    try:
        name = await service.who(attempt, query.get("code", ""), query.get("iss", ""), now.real)
    except LoginServiceAway as error:
        return _away(request, error)
    except LoginRefused as error:
        log.warning("login_not_believed", error=str(error))
        await record(premises, request, "login_failed", "", "oidc_refused", now)
        return _said(request, _FORBIDDEN, NOT_BELIEVED)
    account = await premises.store.accounts.named(name) if _is_name(name) else None
    if account is None or account.disabled_at is not None:
        await record(premises, request, "login_failed", account.name if account else "", "oidc_no_account", now)
        return _said(request, _FORBIDDEN, NO_ACCOUNT.format(clean(name)[:_SHOWN]))
    return await come_in(premises, request, account.name, _read_back(back), "oidc", now)


def _service(premises: Premises) -> LoginService:
    if premises.login_service is None:
        raise HTTPException(_NO_SUCH)
    return premises.login_service


def _is_name(text: str) -> bool:
    """Whether it is a name as accounts have them: what another spelling would become is somebody else there."""
    try:
        return account_name(text) == text
    except Failure:
        return False


def _read_back(text: str) -> str:
    try:
        return urlsafe_b64decode(text).decode()
    except ValueError:
        return ""


def _away(request: Request, error: LoginServiceAway) -> Response:
    log.warning("login_service_away", error=str(error))
    return _said(request, _AWAY, AWAY, {"Retry-After": "60"})


def _said(request: Request, status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return desk_page(request, "accounts/single_login.html", status, {**_HEADERS, **(headers or {})}, text=text)


def _cookie(premises: Premises, request: Request) -> str:
    return COOKIE if is_encrypted(request, premises.settings.proxies) else PLAIN_COOKIE
