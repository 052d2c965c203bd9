"""The routes: logging in and out, one's account, the larger type, and where one begins."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from streams.services.login_service import BACK
from streams.web.accounts.audit import show_audit
from streams.web.accounts.login import show_login, submit_login
from streams.web.accounts.own import change_factor, change_password, end_sessions, show_account
from streams.web.accounts.single_login import come_back, go
from streams.web.desk.forms import filled_in
from streams.web.desk.navigation import NAVIGATION
from streams.web.desk.sessions import end_session
from streams.web.desk.visits import LARGE, Administering, Looking, back_to
from streams.web.forms.reading import read_form
from streams.web.premises import Premises

_SEE_OTHER: Final = 303
_LOOKS: Final = ("GET", "HEAD")
_YEAR: Final = 365 * 24 * 3600  # seconds


def accounts_router(premises: Premises) -> APIRouter:
    """Of `/login`, `/logout`, `/account`, and of the root."""
    router = APIRouter()

    async def begin(visit: Looking) -> Response:
        first = next(item for item in NAVIGATION if visit.viewer.may(item.right))
        return RedirectResponse(visit.root + first.path, _SEE_OTHER)

    async def login(request: Request) -> Response:
        return await show_login(premises, request)

    async def log_in(request: Request) -> Response:
        return await submit_login(premises, request)

    async def log_out(visit: Looking) -> Response:
        await filled_in(visit)
        told = "?out=1" if premises.login_service is not None else ""
        response = RedirectResponse(f"{visit.root}login{told}", _SEE_OTHER)
        await end_session(visit.premises, visit.request, response)
        await visit.record("logout", "")
        return response

    async def account(visit: Looking) -> Response:
        return await show_account(visit)

    async def password(visit: Looking) -> Response:
        return await change_password(visit)

    async def factor(visit: Looking) -> Response:
        return await change_factor(visit)

    async def sessions(visit: Looking) -> Response:
        return await end_sessions(visit)

    async def audit(visit: Administering) -> Response:
        return await show_audit(visit)

    router.add_api_route("/account/audit", audit, methods=[*_LOOKS])
    router.add_api_route("/", begin, methods=[*_LOOKS])
    router.add_api_route("/login", login, methods=[*_LOOKS])
    router.add_api_route("/login", log_in, methods=["POST"])
    _add_service(router, premises)
    router.add_api_route("/logout", log_out, methods=["POST"])
    router.add_api_route("/account", account, methods=[*_LOOKS])
    router.add_api_route("/account/password", password, methods=["POST"])
    router.add_api_route("/account/factor", factor, methods=["POST"])
    router.add_api_route("/account/sessions", sessions, methods=["POST"])
    router.add_api_route("/larger", larger, methods=["POST"])
    return router


def _add_service(router: APIRouter, premises: Premises) -> None:
    """The office's login service, if there is one."""

    async def there(request: Request) -> Response:
        return await go(premises, request)

    async def back(request: Request) -> Response:
        return await come_back(premises, request)

    router.add_api_route("/login/oidc", there, methods=["GET"])
    router.add_api_route(f"/{BACK}", back, methods=["GET"])


async def larger(request: Request) -> Response:
    """The larger type 大字, for whoever has the browser; nothing of ours depends on it."""
    sent = await read_form(request, None)
    response = RedirectResponse(back_to(request, sent.one("back")), _SEE_OTHER)
    response.set_cookie(
        LARGE, "1" if sent.one("large") == "1" else "0", max_age=_YEAR, path="/", httponly=True, samesite="lax"
    )
    return response
