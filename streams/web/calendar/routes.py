"""The addresses below `/calendar`."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from streams.web.calendar.putting_in import submit_calendar
from streams.web.calendar.year import show_year, year_in
from streams.web.desk.visits import Looking, Registering
from streams.web.premises import Premises

_SEE_OTHER = 303


def calendar_router(premises: Premises) -> APIRouter:
    """Their routes."""
    router = APIRouter()

    async def this_year(visit: Looking) -> Response:
        year = visit.now.at.astimezone(premises.settings.zone).year
        return RedirectResponse(f"{visit.root}calendar/{year}", _SEE_OTHER)

    async def shown(visit: Looking, year: str) -> Response:
        return await show_year(visit, year_in(year))

    async def submit(visit: Registering) -> Response:
        return await submit_calendar(visit)

    router.add_api_route("/calendar", this_year, methods=["GET", "HEAD"])
    router.add_api_route("/calendar", submit, methods=["POST"])
    router.add_api_route("/calendar/{year}", shown, methods=["GET", "HEAD"])
    return router
