"""The addresses below `/desk`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from streams.web.desk.visits import Deciding, Looking, Visit
from streams.web.premises import Premises
from streams.web.supervision import charts, held_runs, lists, notices, overview, producer_runs, ranking

Page = Callable[[Visit], Awaitable[Response]]


def supervision_router(_: Premises) -> APIRouter:
    """Their routes."""
    router = APIRouter()
    pages: dict[str, Page] = {
        "/desk": overview.shown,
        "/desk/decisions": held_runs.listed,
        "/desk/decisions/run": held_runs.shown,
        "/desk/decisions/producer": producer_runs.asked_for,
        "/desk/decisions/became": producer_runs.became,
        "/desk/notices/{notice_id}": notices.shown,
        "/desk/units": ranking.shown,
        "/desk/charts": charts.shown,
        **{f"/desk/{name}": partial(lists.shown, name=name) for name in lists.LISTS},
    }
    decisions: dict[str, Page] = {
        "/desk/decisions/run": held_runs.submitted,
        "/desk/decisions/producer": producer_runs.submitted,
        "/desk/notices/{notice_id}": notices.submitted,
    }
    for path, page in pages.items():
        router.add_api_route(path, _shown(page), methods=["GET", "HEAD"])
    for path, page in decisions.items():
        router.add_api_route(path, _decided(page), methods=["POST"])
    return router


def _shown(page: Page) -> Page:
    async def shown(visit: Looking) -> Response:
        return await page(visit)

    return shown


def _decided(page: Page) -> Page:
    async def decided(visit: Deciding) -> Response:
        return await page(visit)

    return decided
