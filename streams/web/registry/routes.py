"""The addresses below `/registry`; ids stand in the query: they may have any printable character."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from streams.web.desk.visits import Looking, Registering
from streams.web.premises import Premises
from streams.web.registry import assets, editing, exporting, standing, units
from streams.web.registry.importing import Importing

_SEE_OTHER = 303


def registry_router(premises: Premises) -> APIRouter:
    """Their routes."""
    router = APIRouter()
    _add_looking(router)
    _add_changing(router, Importing(premises.settings.files_dir / "imports"))
    return router


def _add_looking(router: APIRouter) -> None:
    async def first(visit: Looking) -> Response:
        return RedirectResponse(f"{visit.root}registry/units", _SEE_OTHER)

    async def tree(visit: Looking) -> Response:
        return await units.show_tree(visit)

    async def unit(visit: Looking) -> Response:
        return await units.show_unit(visit)

    async def listed(visit: Looking) -> Response:
        return await assets.show_assets(visit)

    async def asset(visit: Looking) -> Response:
        return await assets.show_asset(visit)

    async def guarded(visit: Looking) -> Response:
        return await standing.show_guarded(visit)

    async def producers(visit: Looking) -> Response:
        return await standing.show_producers(visit)

    router.add_api_route("/registry", first, methods=["GET", "HEAD"])
    router.add_api_route("/registry/units", tree, methods=["GET", "HEAD"])
    router.add_api_route("/registry/unit", unit, methods=["GET", "HEAD"])
    router.add_api_route("/registry/assets", listed, methods=["GET", "HEAD"])
    router.add_api_route("/registry/asset", asset, methods=["GET", "HEAD"])
    router.add_api_route("/registry/guarded", guarded, methods=["GET", "HEAD"])
    router.add_api_route("/registry/producers", producers, methods=["GET", "HEAD"])


def _add_changing(router: APIRouter, importing: Importing) -> None:
    async def form(visit: Registering) -> Response:
        return await editing.show_form(visit)

    async def submit(visit: Registering) -> Response:
        return await editing.submit_form(visit)

    async def workbook(visit: Registering) -> Response:
        return await exporting.export(visit)

    async def file(visit: Registering) -> Response:
        return await importing.show(visit)

    async def hand_over(visit: Registering) -> Response:
        return await importing.submit(visit)

    router.add_api_route("/registry/edit", form, methods=["GET", "HEAD"])
    router.add_api_route("/registry/edit", submit, methods=["POST"])
    router.add_api_route("/registry/export.xlsx", workbook, methods=["GET"])
    router.add_api_route("/registry/import", file, methods=["GET", "HEAD"])
    router.add_api_route("/registry/import", hand_over, methods=["POST"])
