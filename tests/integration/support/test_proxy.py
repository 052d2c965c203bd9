"""The proxy does to connections what its words say: the crash suite's network faults are no better than it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from streams.local.processes import free_ports
from tests.support.proxy import Proxy

SOON = 0.3  # seconds


@pytest.fixture
def line() -> Iterator[Proxy]:
    """A proxy before a server that sends everything back."""
    (port,) = free_ports(1)
    proxy = Proxy(port).start()
    yield proxy
    proxy.stop()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back what comes."""
    while piece := await reader.read(1000):
        writer.write(piece)
    writer.close()


async def said(reader: asyncio.StreamReader, seconds: float = 5.0) -> bytes | None:
    """The next bytes; None while nothing comes."""
    try:
        async with asyncio.timeout(seconds):
            return await reader.read(1000)
    except TimeoutError:
        return None


async def test_stall_cut_and_forget(line: Proxy) -> None:
    """Held bytes come complete; a cut is told at once; a forgotten connection stays silent while a new one works."""
    async with await asyncio.start_server(echo, "127.0.0.1", line.target):
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        writer.write(b"one")
        assert await said(reader) == b"one"

        for ways in ({}, {"up": False}, {"down": False}):
            line.stall(**ways)
            writer.write(b"two")
            assert await said(reader, SOON) is None
            line.flow()
            assert await said(reader) == b"two"

        line.forget()
        writer.write(b"three")
        assert await said(reader, SOON) is None
        assert line.connections == 0
        newer, other = await asyncio.open_connection("127.0.0.1", line.port)
        other.write(b"four")
        assert await said(newer) == b"four"
        assert line.connections == 1

        line.cut()
        with pytest.raises(ConnectionResetError):
            await newer.read(1)
        writer.close()
        other.close()


async def test_without_a_server_it_refuses(line: Proxy) -> None:
    """A server that is away looks like one that hangs up at once."""
    with closing(socket.create_connection(("127.0.0.1", line.port))) as client:
        client.settimeout(5)
        assert client.recv(1) == b""
