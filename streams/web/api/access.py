"""Who asks: a key as a viewer, who sees what a person of that role and unit would see."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from streams.rules.state.owners import units_below
from streams.services.api_keys import Scope
from streams.services.tickets import Found, exactly
from streams.services.viewers import Viewer
from streams.store.api_keys import ApiKey
from streams.web.bearer import key_of
from streams.web.premises import Premises

_NOT_FOUND = 404


class Denied(Exception):
    """The key is none, or not for this; `answer` says so."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


async def denied(_: Request, error: Exception) -> Response:
    """What Denied says."""
    if not isinstance(error, Denied):
        raise error
    return error.answer


async def viewer(premises: Premises, request: Request, scope: Scope) -> Viewer:
    """Whoever has this key. Raises Denied."""
    key = await key_of(premises, request, scope)
    if isinstance(key, Response):
        raise Denied(key)
    return await viewer_of(premises, key)


async def viewer_of(premises: Premises, key: ApiKey) -> Viewer:
    """A key as a viewer; one that does not act reads."""
    units = None if key.unit_id is None else units_below((await premises.registry()).units, key.unit_id)
    role = "supervisor" if key.role == "supervisor" else "handler" if key.role == "handler" else "reader"
    return Viewer(key.name, role, key.unit_id or "", units, f"key:{key.key_id}")  # type: ignore[arg-type]


async def seen_ticket(premises: Premises, who: Viewer, ticket_id: str) -> Found:
    """The ticket of this id, if the viewer sees it; otherwise there is none (HTTP 404)."""
    found = await exactly(premises.ledger, ticket_id)
    if found is None or not who.sees(found.ticket.unit_id):
        raise HTTPException(_NOT_FOUND)
    return found
