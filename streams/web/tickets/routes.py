"""The addresses below `/tickets` and `/views`."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from streams.web.desk.visits import Exporting, Handling, Looking
from streams.web.premises import Premises
from streams.web.tickets import acts, bulk, listing, printing, single, views


def tickets_router(_: Premises) -> APIRouter:
    """Their routes."""
    router = APIRouter()

    async def listed(visit: Looking) -> Response:
        return await listing.shown(visit)

    async def workbook(visit: Exporting) -> Response:
        return await listing.exported(visit)

    async def ticket(visit: Looking, ticket_id: str) -> Response:
        return await single.shown(visit, ticket_id)

    async def file(visit: Looking, ticket_id: str, digest: str) -> Response:
        return await single.file(visit, ticket_id, digest)

    async def form(visit: Looking, ticket_id: str, act: str) -> Response:
        return await acts.asked_for(visit, ticket_id, act)

    async def submit(visit: Looking, ticket_id: str, act: str) -> Response:
        return await acts.submitted(visit, ticket_id, act)

    async def of_many(visit: Handling) -> Response:
        return await bulk.submitted(visit)

    async def became(visit: Looking) -> Response:
        return await bulk.became(visit)

    async def slip(visit: Looking, ticket_id: str) -> Response:
        return await printing.printed(visit, ticket_id)

    router.add_api_route("/tickets", listed, methods=["GET", "HEAD"])
    router.add_api_route("/tickets/export.xlsx", workbook, methods=["GET"])
    router.add_api_route("/tickets/bulk", became, methods=["GET", "HEAD"])
    router.add_api_route("/tickets/bulk", of_many, methods=["POST"])
    router.add_api_route("/tickets/{ticket_id}", ticket, methods=["GET", "HEAD"])
    router.add_api_route("/tickets/{ticket_id}/print", slip, methods=["GET", "HEAD"])
    router.add_api_route("/tickets/{ticket_id}/files/{digest}", file, methods=["GET", "HEAD"])
    router.add_api_route("/tickets/{ticket_id}/acts/{act}", form, methods=["GET", "HEAD"])
    router.add_api_route("/tickets/{ticket_id}/acts/{act}", submit, methods=["POST"])
    return router


def views_router(_: Premises) -> APIRouter:
    """The routes of saved views."""
    router = APIRouter()

    async def saved_views(visit: Looking) -> Response:
        return await views.shown(visit)

    async def save_view(visit: Looking) -> Response:
        return await views.saved(visit)

    async def change_view(visit: Looking, view_id: str) -> Response:
        return await views.changed(visit, view_id)

    router.add_api_route("/views", saved_views, methods=["GET", "HEAD"])
    router.add_api_route("/views", save_view, methods=["POST"])
    router.add_api_route("/views/{view_id}", change_view, methods=["POST"])
    return router
