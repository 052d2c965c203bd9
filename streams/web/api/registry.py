"""`/api/v1/assets`, `/units`, `/runs`: what is registered, and the runs that wait for a person."""

from __future__ import annotations

from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from schemas.registry import Asset
from streams.ledger.reading.parts import assets_behind
from streams.rules.state.documents import asset_document
from streams.services.api_keys import Scope
from streams.services.runs import held
from streams.web.api.access import viewer
from streams.web.api.answers import page
from streams.web.api.models import HeldRun, Page, UnitOfRegistry
from streams.web.api.tickets import After, Limit
from streams.web.premises import Premises

State = Annotated[Literal["held"], Query(description="runs that wait for a person; there are no others here")]


def registry_router(premises: Premises) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["registry"])

    async def assets(request: Request, limit: Limit = 50, after: After = "") -> Response:
        """Websites and accounts by id, as registered; of what nobody has registered only what is known."""
        who = await viewer(premises, request, Scope.READ)
        rows = await assets_behind(premises.ledger, after, limit + 1, who.units)
        items = [asset_document(one) for one in rows[:limit]]
        return page(request, items, rows[limit - 1].asset_id if len(rows) > limit else None)

    async def units(request: Request, limit: Limit = 50, after: After = "") -> Response:
        """Units by id, without their contacts."""
        who = await viewer(premises, request, Scope.READ)
        known = (await premises.registry()).units
        seen = sorted(unit_id for unit_id in known if unit_id > after and who.sees(unit_id))
        items = [known[one].model_dump(mode="json", exclude={"contacts", "groups"}) for one in seen[:limit]]
        return page(request, items, seen[limit - 1] if len(seen) > limit else None)

    async def runs(request: Request, state: State = "held") -> Response:
        """Runs that are held and wait for `accept_run` or `reject_run`."""
        del state
        who = await viewer(premises, request, Scope.READ)
        items = [
            {
                **one.named,
                "held_by": one.run.held_by,
                "evidence_at": one.run.evidence_at,
                "counted": one.run.counted,
                "sample": {"asked": one.asked, "absent": one.absent},
                "message": orjson.Fragment(one.run.message_json or "null"),
            }
            for one in await held(premises.ledger)
            if who.sees(one.asset.unit_id)
        ]
        return page(request, items, None)

    for path, endpoint, model in (
        ("/assets", assets, Page[Asset]), ("/units", units, Page[UnitOfRegistry]), ("/runs", runs, Page[HeldRun]),
    ):  # fmt: skip
        router.add_api_route(path, endpoint, methods=["GET"], response_model=None, responses={200: {"model": model}})
    return router
