"""`GET /api/v1/findings/{id}`: what became of a message that was handed in (rule H-6)."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from streams.kafka.single_records import NoAnswer
from streams.services.api_keys import Scope
from streams.services.tracing import TracedMessage
from streams.store.api_keys import ApiKey
from streams.web.api.access import Denied, viewer_of
from streams.web.api.answers import document
from streams.web.api.models import Problem, TracedFinding
from streams.web.bearer import key_of
from streams.web.guard.problems import problem
from streams.web.premises import Premises

AT_ONCE: Final = 4  # that Kafka is asked for
_NOT_FOUND, _AWAY = 404, 503


def findings_router(premises: Premises) -> APIRouter:
    """The route."""
    router = APIRouter(tags=["findings"])
    turns = asyncio.Semaphore(AT_ONCE)

    async def trace(request: Request, message_id: str) -> Response:
        """What became of a message; `message_id` is one of the `ids` of the answer to whoever handed it in."""
        key = await _key(premises, request)
        try:
            async with turns:
                found = await premises.tracer.trace(message_id, premises.now().at)
        except NoAnswer as error:
            return problem(_AWAY, "not_answered", str(error), headers={"Retry-After": "5"})
        if found is None or not await _is_theirs(premises, key, found):
            raise HTTPException(_NOT_FOUND)
        return document(request, found.document())

    router.add_api_route(
        "/findings/{message_id}", trace, methods=["GET"], response_model=None,
        responses={200: {"model": TracedFinding}, _NOT_FOUND: {"model": Problem}, _AWAY: {"model": Problem}},
    )  # fmt: skip
    return router


async def _key(premises: Premises, request: Request) -> ApiKey:
    """A key that reads, or one that hands in, which may ask after what it may send."""
    key = await key_of(premises, request, Scope.READ, Scope.INTAKE)
    if isinstance(key, Response):
        raise Denied(key)
    return key


async def _is_theirs(premises: Premises, key: ApiKey, found: TracedMessage) -> bool:
    """A key that is bound sees what it could have sent; one that is not sees everything."""
    if key.sources and found.source not in key.sources:
        return False
    if key.unit_id is None:
        return True
    owners = await premises.assets({found.asset_id} if found.asset_id else ())
    owner = owners.get(found.asset_id or "")
    return owner is not None and (await viewer_of(premises, key)).sees(owner.unit_id)
