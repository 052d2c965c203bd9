"""`/changes`: the stream of events that an open page listens to.

W-54 A listener is who may look, at each answer anew: one that is logged out, disabled or has another role gets nothing
     more. Listening keeps no session alive (W-4). An answer comes when there is something to say, or after 25 seconds,
     and ends; the browser asks again from where it was. There is room for 200 listeners, and for 12 of a session.
"""

from __future__ import annotations

import asyncio
from typing import Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from streams.services.changes import Behind
from streams.web.desk.visits import Listening, Visit
from streams.web.premises import Premises

_RETRY_MILLISECONDS: Final = 2_000
_LONGEST: Final = 30  # characters of a place
_NO_MORE: Final = 204  # then a browser does not ask again
_HEADERS: Final = {"X-Accel-Buffering": "no"}


def changes_router(_: Premises) -> APIRouter:
    """Its one route."""
    router = APIRouter()

    async def changes(visit: Listening) -> Response:
        return await _said(visit)

    router.add_api_route("/changes", changes, methods=["GET"])
    return router


async def _said(visit: Visit) -> Response:
    feed = visit.premises.changes
    with feed.seat(visit.binding) as there_is_room:
        if not there_is_room:
            return Response(status_code=_NO_MORE)
        waiting = asyncio.create_task(feed.behind(_place(visit.request), visit.viewer.sees))
        gone = asyncio.create_task(_gone(visit.request))
        try:
            await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                return Response(status_code=_NO_MORE)
            return Response(_event(waiting.result()), media_type="text/event-stream", headers=_HEADERS)
        finally:
            waiting.cancel()
            gone.cancel()


def _place(request: Request) -> str:
    """From where on: what the browser was told last, or what the page asks for."""
    said = request.headers.get("last-event-id") or request.query_params.get("since", "")
    return said if len(said) <= _LONGEST else ""


async def _gone(request: Request) -> None:
    """Returns when the browser does not listen any more."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _event(found: Behind) -> bytes:
    said = orjson.dumps({"tickets": found.ticket_ids, "unknown": found.unknown})
    return b"retry: %d\nid: %b\nevent: changed\ndata: %b\n\n" % (_RETRY_MILLISECONDS, found.place.encode(), said)
