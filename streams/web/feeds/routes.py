"""`/feeds/{token}/deadlines.ics` and `/feeds/{token}/escalations.atom`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from streams.ledger import Ledger
from streams.presentation.letters.office import Office
from streams.presentation.links import DEADLINES, ESCALATIONS, FEEDS
from streams.presentation.ticket_list.row import Around
from streams.services import feeds
from streams.services.failure import Failure
from streams.services.feeds import Feed
from streams.store.api_keys import ApiKey
from streams.web.guard.addresses import client_address
from streams.web.premises import Premises

_NOT_MODIFIED, _NO_SUCH, _TOO_OFTEN, _TOO_WIDE = 304, 404, 429, 503
_CALENDAR: Final = "text/calendar; charset=utf-8"
_NEWS: Final = "application/atom+xml; charset=utf-8"

Load = Callable[[Ledger, ApiKey, Around, Office], Awaitable[Feed]]


def feeds_router(premises: Premises) -> APIRouter:
    """The routes."""
    router = APIRouter(include_in_schema=False)

    def add(name: str, load: Load, kind: str) -> None:
        async def feed(request: Request, token: str) -> Response:
            key = await _key(premises, request, token)
            now = premises.now().at.astimezone(premises.settings.zone)
            around = Around(await premises.registry(), premises.policy, now)
            try:
                found = await load(premises.ledger, key, around, premises.settings.office)
            except Failure as error:
                raise HTTPException(_TOO_WIDE) from error
            return _answer(request, found, kind)

        router.add_api_route(f"{FEEDS}{{token}}/{name}", feed, methods=["GET", "HEAD"])

    add(DEADLINES, feeds.deadlines, _CALENDAR)
    add(ESCALATIONS, feeds.escalations, _NEWS)
    return router


async def _key(premises: Premises, request: Request, token: str) -> ApiKey:
    """The key in the address; one that is unknown, revoked or no feed's is answered like a page that is not there."""
    peer, forwarded = request.client.host if request.client else "", request.headers.getlist("x-forwarded-for")
    strangers, address = premises.rates.strangers, client_address(peer, forwarded, premises.settings.proxies)
    key = await premises.api_keys.whose_feed(token, premises.now().real)
    if key is None:
        raise HTTPException(_NO_SUCH if strangers.allows(address) else _TOO_OFTEN)
    if not premises.rates.shown.allows(f"feed {key.key_id}"):
        raise HTTPException(_TOO_OFTEN)
    return key


def _answer(request: Request, found: Feed, kind: str) -> Response:
    """304 while nothing has changed: by the tag, and by the date where there is no tag."""
    tag = f'"{sha256(found.body).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if found.changed_at is not None:
        headers["Last-Modified"] = format_datetime(found.changed_at.astimezone(UTC), usegmt=True)
    known = request.headers.get("if-none-match")
    if known is not None:
        is_known = tag in [one.strip().removeprefix("W/") for one in known.split(",")]
    else:
        is_known = _is_since(request.headers.get("if-modified-since", ""), found.changed_at)
    if is_known:
        return Response(None, _NOT_MODIFIED, headers)
    return Response(found.body, headers=headers, media_type=kind)


def _is_since(said: str, changed_at: datetime | None) -> bool:
    """Whether nothing has changed since this date."""
    try:
        since = parsedate_to_datetime(said)
    except ValueError:
        return False
    return changed_at is not None and since.tzinfo is not None and changed_at.replace(microsecond=0) <= since
