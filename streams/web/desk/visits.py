"""Somebody who comes to the desk: let in, sent to log in, or told that the role does not allow it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from streams.rules.state.snapshot import Now
from streams.services.viewers import ROLE_LABELS, Right, Viewer
from streams.store.audit import AuditEntry, AuditKind
from streams.store.sessions import PageSession
from streams.web import templating
from streams.web.desk.navigation import NAVIGATION
from streams.web.desk.proxied import proxied_name
from streams.web.desk.sessions import current_session, viewer_of
from streams.web.forms.reading import BadForm, read_form
from streams.web.guard.addresses import client_address
from streams.web.guard.origins import is_ours
from streams.web.premises import Premises

_HEADERS: Final = {"Referrer-Policy": "same-origin"}  # so that forms say where they come from
_UNAUTHORIZED, _FORBIDDEN, _SEE_OTHER = 401, 403, 303
_NOT_TYPED: Final = frozenset({"nonce", "old", "mine", "password", "again", "session", "secret", "username"})
LARGE: Final = "rectify-large"
"""The cookie of the larger type 大字."""


class LoginNeeded(Exception):
    """Nobody is logged in."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who may come in."""

    premises: Premises
    request: Request
    viewer: Viewer
    binding: str  # what forms are bound to: the session, or who is logged in at the proxy
    now: Now
    session: PageSession | None = None  # None: logged in at the proxy

    @property
    def root(self) -> str:
        """From this page to the root of our addresses, which are relative: a proxy may serve us under a folder."""
        return root_of(self.request)

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return address_of(self.premises, self.request)

    def page(self, template: str, status: int = 200, headers: dict[str, str] | None = None, **context: Any) -> Response:
        """A page with the head of the desk; `nonce` is for its forms."""
        common = {
            "nonce": self.premises.nonces.make(self.binding, self.now.real),
            "viewer": self.viewer,
            "session": self.session,
            "role": ROLE_LABELS[self.viewer.role],
            "navigation": [item for item in NAVIGATION if self.viewer.may(item.right)],
            "path": self.request.url.path.strip("/"),
        }
        return desk_page(self.request, template, status, headers, **{**common, **context})

    async def record(self, kind: AuditKind, about: str, result: str = "") -> None:
        """Into the audit."""
        await self.premises.store.audit.add(
            AuditEntry(self.now.real, self.viewer.name, kind, about, result, self.address)
        )


def desk_page(
    request: Request, template: str, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> Response:
    """A page of the desk, also for somebody who is not logged in."""
    common = {
        "root": root_of(request),
        "large": request.cookies.get(LARGE) == "1",
        "here": request.url.path.lstrip("/") + (f"?{request.url.query}" if request.url.query else ""),
    }
    return templating.page(template, status, {**_HEADERS, **(headers or {})}, **{**common, **context})


def root_of(request: Request) -> str:
    """From the page of this request to the root."""
    return "../" * (request.url.path.count("/") - 1) or "./"


def address_of(premises: Premises, request: Request) -> str:
    """Where a request comes from."""
    peer = request.client.host if request.client else ""
    return client_address(peer, request.headers.getlist("x-forwarded-for"), premises.settings.proxies)


async def visit(request: Request) -> Visit:
    """Who comes; raises LoginNeeded."""
    return await _coming(request, listens=False)


async def listener(request: Request) -> Visit:
    """The same of a page that is open and asks by itself: that is no visit, and keeps no session alive."""
    return await _coming(request, listens=True)


async def _coming(request: Request, *, listens: bool) -> Visit:
    premises: Premises = request.app.state.premises
    now = premises.now()
    if name := proxied_name(premises, request):
        viewer = await viewer_of(premises, name)
        if viewer is None:
            raise HTTPException(_FORBIDDEN)
        coming = Visit(premises, request, viewer, f"proxy:{name}", now)
        if not listens and premises.arrivals.is_new(name, now.real):
            await coming.record("login", "", "proxy")
        return coming
    session = await current_session(premises, request, now.real, noted=not listens)
    viewer = await viewer_of(premises, session.account) if session is not None else None
    if session is None or viewer is None:
        raise LoginNeeded
    return Visit(premises, request, viewer, session.digest, now, session)


def having(right: Right) -> Callable[[Visit], Awaitable[Visit]]:
    """Of those who come, those who have this right; the others get 403."""

    async def admitted(coming: Annotated[Visit, Depends(visit)]) -> Visit:
        if not coming.viewer.may(right):
            raise HTTPException(_FORBIDDEN)
        return coming

    return admitted


async def listening(coming: Annotated[Visit, Depends(listener)]) -> Visit:
    """Whoever may look may listen; the others get 403."""
    if not coming.viewer.may("look"):
        raise HTTPException(_FORBIDDEN)
    return coming


Looking = Annotated[Visit, Depends(having("look"))]
Listening = Annotated[Visit, Depends(listening)]
Exporting = Annotated[Visit, Depends(having("export"))]
Handling = Annotated[Visit, Depends(having("handle"))]
Deciding = Annotated[Visit, Depends(having("decide"))]
Registering = Annotated[Visit, Depends(having("register"))]
Administering = Annotated[Visit, Depends(having("administer"))]


async def to_login(request: Request, _: Exception) -> Response:
    """To the login, and back from there to the page; what was typed into a form is shown, to be copied."""
    url = request.url
    if request.method == "POST" and is_ours(request.headers):
        with suppress(BadForm):  # nothing was typed
            sent = await read_form(request, None)
            fields = {name: values for name, values in sent.fields.items() if name not in _NOT_TYPED}
            typed = [value for values in fields.values() for value in values if value]
            return desk_page(request, "accounts/expired.html", _UNAUTHORIZED, typed=typed, next=url.path)
    back = url.path + (f"?{url.query}" if url.query and request.method in {"GET", "HEAD"} else "")
    return RedirectResponse(f"{root_of(request)}login?next={quote(back, safe='')}", _SEE_OTHER)


def back_to(request: Request, wanted: str) -> str:
    """The address of a page of ours, from the page of this request: it begins at our root, whatever was wanted."""
    return root_of(request) + wanted.lstrip("/\\")
