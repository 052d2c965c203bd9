"""The antivirus scanner clamd, asked over its own protocol (INSTREAM) where its address is set."""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_WITHIN: Final = 30.0  # seconds
_CHUNK: Final = 64 * 1024


class Infected(Exception):
    """The scanner has found something."""


class Unscanned(Exception):
    """The scanner gave no verdict: the file is not taken."""


async def scan(place: str, path: Path) -> None:
    """Returns if the file is clean; `place`: tcp://host:port or unix:/path. Raises Infected, Unscanned."""
    try:
        async with asyncio.timeout(_WITHIN):
            reply = await _ask(place, path)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        raise Unscanned(str(error) or type(error).__name__) from error
    if reply.endswith("FOUND"):
        raise Infected
    if not reply.endswith("OK"):
        raise Unscanned(reply[:200])


async def _ask(place: str, path: Path) -> str:
    if place.startswith("unix:"):
        reader, writer = await asyncio.open_unix_connection(place.removeprefix("unix:"))
    else:
        parts = urlsplit(place)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(b"zINSTREAM\0")
        with path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                writer.write(struct.pack("!L", len(chunk)) + chunk)
                await writer.drain()
        writer.write(struct.pack("!L", 0))
        await writer.drain()
        return (await reader.read(4096)).decode("utf-8", "replace").strip("\0 \r\n")
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
