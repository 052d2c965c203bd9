"""Bodies: they say how long they are, are no longer than a page takes, and come within a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streams.web.guard.refusals import refuse

QUIET_SECONDS: Final = 60.0  # without a byte
SLOWEST: Final = 32 * 1024  # bytes a second, over all: a phone in a basement
LONGEST_SECONDS: Final = 600.0
_NO_LENGTH, _TOO_LATE, _TOO_LARGE, _BAD = 411, 408, 413, 400


class BodyTooLarge(Exception):
    """More than was said, or later than it may be."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status_code = status


class Bodies:
    """Refuses before anything is read, and counts what is read: reading raises BodyTooLarge."""

    def __init__(self, app: ASGIApp, most: Callable[[str], int]) -> None:
        """`most`: for a path, how many bytes may come."""
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, length = _length(scope, self._most(scope["path"]))
        if status:
            await refuse(send, scope["path"], status)
            return
        await self._app(scope, _counted(receive, length), send)


def _length(scope: Scope, most: int) -> tuple[int, int]:
    """The status of a refusal, or 0, and how long the body says that it is."""
    named: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        named.setdefault(name, []).append(value)
    said = named.get(b"content-length", [])
    has_body = scope["method"] in {"POST", "PUT", "PATCH", "DELETE"}
    if b"transfer-encoding" in named or (has_body and not said):
        return _NO_LENGTH, 0
    if not said:
        return 0, 0
    if len(set(said)) > 1 or not said[0].isdigit() or len(said[0]) > 18:  # noqa: PLR2004 - digits of a number
        return _BAD, 0
    length = int(said[0])
    return (_TOO_LARGE if length > (most if has_body else 0) else 0), length


def _counted(receive: Receive, length: int) -> Receive:
    left = length
    end = monotonic() + min(QUIET_SECONDS + length / SLOWEST, LONGEST_SECONDS)
    over = False

    async def receiving() -> Message:
        nonlocal left, over
        if over:  # only its end is still waited for
            return await receive()
        try:
            async with asyncio.timeout(max(0.0, min(QUIET_SECONDS, end - monotonic()))):
                message = await receive()
        except TimeoutError:
            raise BodyTooLarge(_TOO_LATE) from None
        left -= len(message.get("body", b""))
        over = not message.get("more_body", False)
        if left < 0:
            raise BodyTooLarge(_TOO_LARGE)
        return message

    return receiving
