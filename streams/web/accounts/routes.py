"""The account page, logging out, and the larger type."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from streams.web.desk.forms import filled_in
from streams.web.desk.sessions import end_session
from streams.web.desk.visits import LARGE, Looking, back_to, desk_page
from streams.web.forms.reading import read_form
from streams.web.premises import Premises

_SEE_OTHER: Final = 303
_YEAR: Final = 365 * 24 * 3600  # seconds


def accounts_router(_: Premises) -> APIRouter:
    """Their routes."""
    router = APIRouter()

    async def login(request: Request) -> Response:
        return desk_page(request, "desk/login.html")

    async def account(visit: Looking) -> Response:
        return visit.page("desk/account.html")

    async def logout(visit: Looking) -> Response:
        await filled_in(visit)
        response = RedirectResponse(f"{visit.root}login", _SEE_OTHER)
        await end_session(visit.premises, visit.request, response)
        await visit.record("logout", "")
        return response

    async def larger(request: Request) -> Response:
        """For whoever has the browser; nothing of ours depends on it."""
        sent = await read_form(request, None)
        response = RedirectResponse(back_to(request, sent.one("back")), _SEE_OTHER)
        response.set_cookie(LARGE, sent.one("large"), max_age=_YEAR, path="/", httponly=True, samesite="lax")
        return response

    router.add_api_route("/login", login, methods=["GET", "HEAD"])
    router.add_api_route("/account", account, methods=["GET", "HEAD"])
    router.add_api_route("/logout", logout, methods=["POST"])
    router.add_api_route("/larger", larger, methods=["POST"])
    return router
