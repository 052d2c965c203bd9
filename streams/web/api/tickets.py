"""`/api/v1/tickets/{id}`: a ticket, and its events, problems and notices, page by page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

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
Named = Annotated[str, Query(max_length=300, description="id of the ticket")]
NOT_FOUND: Final[dict[int | str, dict[str, type[Problem]]]] = {404: {"model": Problem}}


def tickets_router(premises: Premises) -> APIRouter:
    """The routes."""
    router, of = APIRouter(tags=["tickets"], responses=NOT_FOUND), _OfTicket(premises)
    routes: list[tuple[str, Callable[..., Awaitable[Response]], Any]] = [
        ("/tickets/{ticket_id}", of.ticket, WholeTicket),
        ("/tickets/{ticket_id}/events", of.events, Page[Event]),
        ("/tickets/{ticket_id}/problems", of.problems, Page[TicketProblem]),
        ("/tickets/{ticket_id}/notices", of.notices, Page[Notice]),
        ("/problems", of.problems_named, Page[TicketProblem]),
        ("/notices", of.notices_named, Page[Notice]),
    ]
    for path, endpoint, model in routes:
        router.add_api_route(path, endpoint, methods=["GET"], response_model=None, responses={200: {"model": model}})
    return router


class _OfTicket:
    """What is asked of one ticket."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises

    async def _seen(self, request: Request, ticket_id: str) -> Found:
        return await seen_ticket(self._premises, await viewer(self._premises, request, Scope.READ), ticket_id)

    async def ticket(self, request: Request, ticket_id: str) -> Response:
        """A ticket with all that belongs to it."""
        premises, found = self._premises, await self._seen(request, ticket_id)
        dossier = await load(premises.ledger, found, registry=await premises.registry())
        return document(request, whole(dossier, premises.policy, premises.settings.zone))

    async def events(self, request: Request, ticket_id: str, limit: Limit = 50, after: After = "0") -> Response:
        """What happened to a ticket, the oldest first."""
        found = await self._seen(request, ticket_id)
        rows = await history_behind(self._premises.ledger, found.ticket.pk, cursor(after, 1)[0], limit + 1)
        items = [orjson.Fragment(row.body_json) for row in rows[:limit]]
        return page(request, items, str(rows[limit - 1].pk) if len(rows) > limit else None)

    async def problems(self, request: Request, ticket_id: str, limit: Limit = 50, after: After = "0.0") -> Response:
        """The problems of a ticket, in their order."""
        found = await self._seen(request, ticket_id)
        last = cursor(after, 2)
        rows = await problems_behind(self._premises.ledger, found.ticket.pk, (last[0], last[1]), limit + 1)
        items = [problem_of_a_list(one, self._premises.settings.zone) for one in rows[:limit]]
        end = rows[limit - 1] if len(rows) > limit else None
        return page(request, items, f"{end.ordinal}.{end.pk}" if end is not None else None)

    async def notices(self, request: Request, ticket_id: str) -> Response:
        """Who was told of a ticket, over which channel, and what became of it."""
        found = await self._seen(request, ticket_id)
        rows = await notices_of(self._premises.ledger, found.ticket.pk)
        return page(request, [notice_document(one, self._premises.settings.zone) for one in rows], None)

    async def problems_named(
        self, request: Request, ticket: Named, limit: Limit = 50, after: After = "0.0"
    ) -> Response:
        """As `/tickets/{ticket_id}/problems`."""
        return await self.problems(request, ticket, limit, after)

    async def notices_named(self, request: Request, ticket: Named) -> Response:
        """As `/tickets/{ticket_id}/notices`."""
        return await self.notices(request, ticket)


def cursor(text: str, numbers: int) -> list[int]:
    """The numbers of a cursor; what is none of ours is an HTTP error."""
    parts = text.split(".")
    if len(parts) != numbers or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):  # noqa: PLR2004 - digits of a row number
        raise HTTPException(400)
    return [int(part) for part in parts]
