"""The application: guards, from the outermost inwards, around the parts that are served, health, guide and style."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from streams.ledger import LedgerError
from streams.ledger.reading.registry import registry_version
from streams.presentation.links import GUIDE
from streams.web.api.access import Denied, denied
from streams.web.api.answers import bad_query
from streams.web.desk.visits import LoginNeeded, to_login
from streams.web.forms.reading import BadForm
from streams.web.guard.bodies import Bodies, BodyTooLarge
from streams.web.guard.faults import Faults, said
from streams.web.guard.headers import Headers
from streams.web.guide.guide import PICTURES, guide_page
from streams.web.parts import PARTS
from streams.web.premises import Premises
from streams.web.templating import STATIC, static_name

SMALL_BYTES: Final = 64 * 1024
_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".png": "image/png"}
_KEPT: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_A_DAY: Final = {"Cache-Control": "public, max-age=86400"}
ICON: Final = STATIC / "favicon.png"
_READY_SECONDS: Final = 2.0


def build_app(premises: Premises, parts: Sequence[str]) -> ASGIApp:
    """The pages of these parts."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.premises = premises
    for name in parts:
        for routes in PARTS[name].routes:
            app.include_router(routes(premises))
    _add_health(app, premises, parts)
    _add_static(app)
    _add_guide(app)
    for kind in (HTTPException, BodyTooLarge, BadForm, LedgerError, Exception):
        app.add_exception_handler(kind, said)
    app.add_exception_handler(LoginNeeded, to_login)
    app.add_exception_handler(Denied, denied)
    app.add_exception_handler(RequestValidationError, bad_query)
    sizes = {prefix: size for name in parts for prefix, size in PARTS[name].prefixes.items()}

    def most(path: str) -> int:
        return max((size for prefix, size in sizes.items() if path.startswith(prefix)), default=SMALL_BYTES)

    return Headers(Faults(Bodies(app, most)))


def _add_health(app: FastAPI, premises: Premises, parts: Sequence[str]) -> None:
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok", "serves": list(parts)})

    async def readyz() -> JSONResponse:
        """Ready to show and to act; without a broker pages are shown, and do not act."""
        checks = {"database": await _answers(premises), "broker": await _broker(premises)}
        ready = all(checks.values())
        body = {
            "status": "ready" if ready else "not ready",
            "checks": {name: {"ok": ok} for name, ok in checks.items()},
        }
        return JSONResponse(body, status_code=200 if ready else 503)

    app.add_api_route("/healthz", healthz, methods=["GET", "HEAD"])
    app.add_api_route("/readyz", readyz, methods=["GET", "HEAD"])


async def _answers(premises: Premises) -> bool:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            await registry_version(premises.ledger)
            await premises.store.answers()
    except (LedgerError, TimeoutError):
        return False
    return True


async def _broker(premises: Premises) -> bool:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            return await premises.commands.answer()
    except TimeoutError:
        return False


def _add_static(app: FastAPI) -> None:
    """The few files there are, known by name: nothing else can be asked for."""
    files = {
        static_name(path): Response(path.read_bytes(), media_type=_TYPES[path.suffix], headers=_KEPT)
        for path in sorted([*STATIC.iterdir(), *PICTURES.iterdir()])
        if path.suffix in _TYPES
    }

    async def static(name: str) -> Response:
        if name not in files:
            raise HTTPException(404)
        return files[name]

    async def icon() -> Response:
        """For whoever asks without having read a page."""
        return Response(ICON.read_bytes(), media_type=_TYPES[ICON.suffix], headers=_A_DAY)

    app.add_api_route("/static/{name}", static, methods=["GET", "HEAD"])
    app.add_api_route("/favicon.ico", icon, methods=["GET", "HEAD"])


def _add_guide(app: FastAPI) -> None:
    """The units' guide: for everybody, the same for all, put together once."""
    shown = guide_page()

    async def guide() -> Response:
        return shown

    app.add_api_route(GUIDE, guide, methods=["GET", "HEAD"])
