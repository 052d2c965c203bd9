"""`GET /api/v1/tickets`: the list of tickets, by the query names that pages and terminal have."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from streams.ledger.reading.listing.listing import COUNTED
from streams.presentation.ticket.dossier import summary
from streams.presentation.ticket_list.row import Around
from streams.services.api_keys import Scope
from streams.services.failure import Failure
from streams.services.ticket_list import open_list
from streams.services.ticket_query import NAMES, BadQuery, read_query
from streams.services.ticket_words import TextIndex
from streams.web.api.access import viewer
from streams.web.api.answers import page
from streams.web.api.models import ListedTicket, Page, Problem
from streams.web.guard.problems import problem
from streams.web.premises import Premises

_INVALID, _TOO_WIDE = 422, 503
_COUNT: Final = "count"
_PARAMETERS: Final[list[dict[str, Any]]] = [
    {"name": name, "in": "query", "required": False, "schema": {"type": "string"}} for name in (*NAMES, _COUNT)
]


def listing_router(premises: Premises) -> APIRouter:
    """The route."""
    router = APIRouter(tags=["tickets"])

    async def tickets(request: Request) -> Response:
        """Tickets of the key's units, the most urgent first. Several values of a name stand behind commas.

        `status` without a value: those that are not closed; `q`: a number, or words of names, addresses and texts, all
        of which must be found; `count=1`: also `total`, up to 1,000, and whether there are more.
        """
        who = await viewer(premises, request, Scope.READ)
        zone = premises.settings.zone
        now = premises.now()
        around = Around(await premises.registry(), premises.policy, now.at.astimezone(zone))
        given = [(name, value) for name, value in request.query_params.multi_items() if name != _COUNT]
        try:
            query, texts = read_query(given, premises.policy, zone), TextIndex(premises.store.search, now.real)
            listed = await open_list(premises.ledger, query, around, who.units, texts)
            found = await listed.page()
            wants_count = request.query_params.get(_COUNT, "") not in ("", "0")
            count = await listed.count() if wants_count else None
        except BadQuery as error:
            errors = [{"field": name, "detail": words} for name, words in error.faults.items()]
            return problem(_INVALID, "invalid_query", title="查询有误 · a value of the query cannot be", errors=errors)
        except Failure as error:
            return problem(_TOO_WIDE, "too_wide", str(error), headers={"Retry-After": "60"})
        items = [summary(row.ticket, row.asset, zone, around.now, row.asks) for row in found.rows]
        more = {} if count is None else {"total": min(count, COUNTED), "more": count > COUNTED}
        return page(request, items, found.next or None, **more)

    router.add_api_route(
        "/tickets", tickets, methods=["GET"], response_model=None,
        responses={200: {"model": Page[ListedTicket]}, _INVALID: {"model": Problem}, _TOO_WIDE: {"model": Problem}},
        openapi_extra={"parameters": _PARAMETERS},
    )  # fmt: skip
    return router
