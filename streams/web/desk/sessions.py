"""A browser that is logged in: a secret in a cookie, its hash in the store, and for how long.

W-4  A session ends after 30 minutes without a request, 12 hours after it began, and when it is logged out. The browser
     has 32 random bytes that nothing else knows; every login makes new ones.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from notifiers.text import clean
from streams.rules.state.owners import units_below
from streams.services.accounts import digest_of
from streams.services.viewers import ROLES, Viewer
from streams.store.sessions import PageSession
from streams.web.guard.addresses import is_encrypted
from streams.web.premises import Premises

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
COOKIE: Final = "__Host-rectify"
PLAIN_COOKIE: Final = "rectify"  # of a site without TLS: browsers refuse the other one there
_BYTES: Final = 32
_NOTED: Final = timedelta(minutes=1)  # how exactly it is kept when a browser has last come
_AGENT: Final = 200  # characters


async def current_session(
    premises: Premises, request: Request, now: datetime, *, noted: bool = True
) -> PageSession | None:
    """The session of a request, if it is good; `now`: real time. `noted`: it is a request of a person."""
    secret = request.cookies.get(_cookie(premises, request))
    if not secret:
        return None
    session = await premises.store.sessions.named(digest_of(secret))
    if session is None or now - session.seen_at > IDLE or now - session.began_at > LONGEST:
        return None
    if noted and now - session.seen_at > _NOTED:
        await premises.store.sessions.seen(session.digest, now)
    return session


async def viewer_of(premises: Premises, account: str) -> Viewer | None:
    """Who this account is now; None: nobody any more."""
    found = await premises.store.accounts.named(account)
    if found is None or found.disabled_at is not None:
        return None
    role = next(one for one in ROLES if one == found.role)
    units = units_below((await premises.registry()).units, found.unit_id) if found.unit_id else None
    return Viewer(found.name, role, found.unit_id, units, f"account:{found.name}")


async def begin_session(
    premises: Premises, request: Request, response: Response, account: str, address: str, now: datetime
) -> None:
    """Logs in; what the browser had before is good for nothing any more. `now`: real time."""
    secret = token_urlsafe(_BYTES)
    agent = clean(request.headers.get("user-agent", ""))[:_AGENT]
    await _forget(premises, request)
    await premises.store.sessions.forget(now - LONGEST)
    await premises.store.sessions.begin(PageSession(digest_of(secret), account, now, now, address, agent))
    encrypted = is_encrypted(request, premises.settings.proxies)
    response.set_cookie(_cookie(premises, request), secret, path="/", secure=encrypted, httponly=True, samesite="lax")


async def end_session(premises: Premises, request: Request, response: Response) -> None:
    """Logs out."""
    await _forget(premises, request)
    encrypted = is_encrypted(request, premises.settings.proxies)
    response.delete_cookie(_cookie(premises, request), path="/", secure=encrypted, httponly=True, samesite="lax")


async def _forget(premises: Premises, request: Request) -> None:
    if secret := request.cookies.get(_cookie(premises, request)):
        await premises.store.sessions.end(digest_of(secret))


def _cookie(premises: Premises, request: Request) -> str:
    return COOKIE if is_encrypted(request, premises.settings.proxies) else PLAIN_COOKIE
