"""The addresses below `/bulletins`."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from streams.web.bulletins import draft, files, issued, issuing, listing, rows
from streams.web.desk.visits import Deciding, Exporting, Looking
from streams.web.premises import Premises


def bulletins_router(_: Premises) -> APIRouter:
    """Their routes; names of pages come before ids."""
    router = APIRouter()

    async def listed(visit: Looking) -> Response:
        return await listing.show_list(visit)

    async def drafted(visit: Looking) -> Response:
        return await draft.show_asked(visit)

    async def behind(visit: Looking) -> Response:
        return await rows.show_rows(visit)

    async def draft_file(visit: Exporting) -> Response:
        return await files.draft_file(visit)

    async def typed(visit: Deciding) -> Response:
        return await draft.save_typed(visit)

    async def issue(visit: Deciding) -> Response:
        return await issuing.issue_draft(visit)

    async def shown(visit: Looking, bulletin_id: str) -> Response:
        return await issued.show_issued(visit, bulletin_id)

    async def issued_file(visit: Exporting, bulletin_id: str) -> Response:
        return await files.issued_file(visit, bulletin_id)

    router.add_api_route("/bulletins", listed, methods=["GET", "HEAD"])
    router.add_api_route("/bulletins/draft", drafted, methods=["GET", "HEAD"])
    router.add_api_route("/bulletins/draft", typed, methods=["POST"])
    router.add_api_route("/bulletins/issue", issue, methods=["POST"])
    router.add_api_route("/bulletins/rows", behind, methods=["GET", "HEAD"])
    router.add_api_route("/bulletins/draft/file", draft_file, methods=["GET"])
    router.add_api_route("/bulletins/{bulletin_id}", shown, methods=["GET", "HEAD"])
    router.add_api_route("/bulletins/{bulletin_id}/file", issued_file, methods=["GET"])
    return router
