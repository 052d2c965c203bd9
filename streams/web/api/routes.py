"""All of `/api/...`, and the document that describes it."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from streams.web.api import openapi
from streams.web.api.commands import commands_router
from streams.web.api.findings import findings_router
from streams.web.api.listing import listing_router
from streams.web.api.models import Problem
from streams.web.api.registry import registry_router
from streams.web.api.tickets import tickets_router
from streams.web.premises import Premises

_KEYLESS: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": Problem},
    403: {"model": Problem},
    429: {"model": Problem},
}


def api_router(premises: Premises) -> APIRouter:
    """The routes."""
    router = APIRouter()
    for part in (listing_router, tickets_router, commands_router, registry_router, findings_router):
        router.include_router(part(premises), prefix="/api/v1", responses=_KEYLESS)
    described = openapi.described()

    async def description() -> Response:
        return Response(described, media_type="application/json")

    router.add_api_route("/api/openapi.json", description, methods=["GET"], include_in_schema=False)
    return router
