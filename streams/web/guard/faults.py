"""Faults in words: what goes wrong inside a page never shows, and the log never has the address that was asked for."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from streams.ledger import LedgerError, ValueRefused
from streams.log_events import event_log
from streams.web.forms.reading import BadForm
from streams.web.guard.bodies import BodyTooLarge
from streams.web.guard.refusals import refusal

_BAD, _OURS, _AWAY = 400, 500, 503

log = event_log(__name__)


async def said(request: Request, error: Exception) -> Response:
    """One sentence for whatever a page could not do."""
    status = _OURS
    if isinstance(error, HTTPException | BodyTooLarge):
        status = error.status_code
    elif isinstance(error, BadForm):
        status = error.status
    elif isinstance(error, ValueRefused):
        status = _BAD  # of the address or the form: a page writes nothing else there
    elif isinstance(error, LedgerError):
        log.warning("pages_without_database", error=str(error))
        status = _AWAY
    headers = {"Connection": "close"} if isinstance(error, BodyTooLarge) else None  # what was not read may still come
    body, media_type = refusal(request.url.path, status)
    return Response(body, status, headers, media_type)


class Faults:
    """The outermost: a fault of ours has been answered by `said`, and is logged here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        try:
            await self._app(scope, receive, send)
        except Exception:
            log.exception("page_failed", page=_page(scope))


def _page(scope: Scope) -> str:
    """The route without its values: an address is a key."""
    return str(getattr(scope.get("route"), "path_format", ""))
