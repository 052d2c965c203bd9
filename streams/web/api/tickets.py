"""`/api/v1/tickets/{id}`: a ticket, and its events, problems and notices, page by page."""

from __future__ import annotations

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from schemas.event import Event
from schemas.ticket import TicketProblem
from streams.ledger.reading.parts import history_behind, problems_behind
from streams.ledger.reading.queries import notices_of
from streams.presentation.ticket.dossier import document as whole
from streams.presentation.ticket.dossier import notice_document
from streams.presentation.ticket.sheet import problem_of_a_list
from streams.services.api_keys import Scope
from streams.services.tickets import Found, load
from streams.web.api.access import seen_ticket, viewer
from streams.web.api.answers import document, page
from streams.web.api.models import Notice, Page, Problem, WholeTicket
from streams.web.premises import Premises

MOST: Final = 200  # rows of a page
Limit = Annotated[int, Query(ge=1, le=MOST, description="rows of a page")]
After = Annotated[str, Query(max_length=300, description="`next` of the page before")]
NOT_FOUND: Final[dict[int | str, dict[str, type[Problem]]]] = {404: {"model": Problem}}


def tickets_router(premises: Premises) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["tickets"], responses=NOT_FOUND)

    async def seen(request: Request, ticket_id: str) -> Found:
        return await seen_ticket(premises, await viewer(premises, request, Scope.READ), ticket_id)

    async def ticket(request: Request, ticket_id: str) -> Response:
        """A ticket with all that belongs to it; its ETag is its version and the number of its events and notices."""
        found = await seen(request, ticket_id)
        dossier = await load(premises.ledger, found, registry=await premises.registry())
        return document(request, whole(dossier, premises.policy, premises.settings.zone))

    async def events(request: Request, ticket_id: str, limit: Limit = 50, after: After = "0") -> Response:
        """What happened to a ticket, the oldest first."""
        found = await seen(request, ticket_id)
        rows = await history_behind(premises.ledger, found.ticket.pk, cursor(after, 1)[0], limit + 1)
        items = [orjson.Fragment(row.body_json) for row in rows[:limit]]
        return page(request, items, str(rows[limit - 1].pk) if len(rows) > limit else None)

    async def problems(request: Request, ticket_id: str, limit: Limit = 50, after: After = "0.0") -> Response:
        """The problems of a ticket, in their order."""
        found = await seen(request, ticket_id)
        last = cursor(after, 2)
        rows = await problems_behind(premises.ledger, found.ticket.pk, (last[0], last[1]), limit + 1)
        items = [problem_of_a_list(one, premises.settings.zone) for one in rows[:limit]]
        end = rows[limit - 1] if len(rows) > limit else None
        return page(request, items, f"{end.ordinal}.{end.pk}" if end is not None else None)

    async def notices(request: Request, ticket_id: str) -> Response:
        """Who was told of a ticket, over which channel, and what became of it."""
        found = await seen(request, ticket_id)
        rows = await notices_of(premises.ledger, found.ticket.pk)
        return page(request, [notice_document(one, premises.settings.zone) for one in rows], None)

    for path, endpoint, model in (
        ("", ticket, WholeTicket),
        ("/events", events, Page[Event]),
        ("/problems", problems, Page[TicketProblem]),
        ("/notices", notices, Page[Notice]),
    ):
        router.add_api_route(
            f"/tickets/{{ticket_id}}{path}", endpoint, methods=["GET"], response_model=None,
            responses={200: {"model": model}},
        )  # fmt: skip
    return router


def cursor(text: str, numbers: int) -> list[int]:
    """The numbers of a cursor; what is none of ours is an HTTP error."""
    parts = text.split(".")
    if len(parts) != numbers or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):  # noqa: PLR2004 - digits of a row number
        raise HTTPException(400)
    return [int(part) for part in parts]
