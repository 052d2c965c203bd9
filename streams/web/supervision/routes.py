"""The addresses below `/desk`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.responses import Response

from streams.web.desk.visits import Deciding, Looking
from streams.web.premises import Premises
from streams.web.supervision import held_runs, lists, overview, ranking


def supervision_router(_: Premises) -> APIRouter:
    """Their routes."""
    router = APIRouter()

    async def desk(visit: Looking) -> Response:
        return await overview.shown(visit)

    async def runs(visit: Looking) -> Response:
        return await held_runs.listed(visit)

    async def run(visit: Looking) -> Response:
        return await held_runs.shown(visit)

    async def decide(visit: Deciding) -> Response:
        return await held_runs.submitted(visit)

    async def units(visit: Looking) -> Response:
        return await ranking.shown(visit)

    def listing(name: str) -> Callable[..., Awaitable[Response]]:
        async def listed(visit: Looking) -> Response:
            return await lists.shown(visit, name)

        return listed

    router.add_api_route("/desk", desk, methods=["GET", "HEAD"])
    router.add_api_route("/desk/decisions", runs, methods=["GET", "HEAD"])
    router.add_api_route("/desk/decisions/run", run, methods=["GET", "HEAD"])
    router.add_api_route("/desk/decisions/run", decide, methods=["POST"])
    router.add_api_route("/desk/units", units, methods=["GET", "HEAD"])
    for name in lists.LISTS:
        router.add_api_route(f"/desk/{name}", listing(name), methods=["GET", "HEAD"])
    return router
