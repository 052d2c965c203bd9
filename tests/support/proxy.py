"""The network between two programs: a TCP proxy that stalls, cuts and forgets connections when told to."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Self

from streams.local.processes import free_ports

_PIECE: Final = 65_536  # bytes
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST


@dataclass(slots=True, eq=False)
class _Pair:
    """One connection, and the one that carries it on."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    forgotten: bool = False

    def reset(self) -> None:
        for writer in (self.client, self.server):
            with suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()


class Proxy:
    """127.0.0.1:`port` stands for 127.0.0.1:`target`. It works in a thread of its own, whatever the test waits for."""

    def __init__(self, target: int, port: int = 0) -> None:
        """Prepare; port 0 chooses one, which stays the same."""
        self.target = target
        self.port = port or free_ports(1)[0]
        self._pairs: set[_Pair] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._up, self._down = asyncio.Event(), asyncio.Event()  # open: towards the server, back from it
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy {self.port}", daemon=True)

    def start(self) -> Self:
        """Listen."""
        self._thread.start()
        self.flow()
        self._do(self._listen())
        return self

    def stop(self) -> None:
        """Listen no more, and reset what is open."""
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def stall(self, *, up: bool = True, down: bool = True) -> None:
        """No byte goes on towards the server (`up`) or back (`down`), and nobody is told; new connections wait, too."""
        for gate in [self._up] * up + [self._down] * down:
            self._loop.call_soon_threadsafe(gate.clear)

    def flow(self) -> None:
        """What was held goes on, complete and in order."""
        for gate in (self._up, self._down):
            self._loop.call_soon_threadsafe(gate.set)

    def cut(self) -> None:
        """Reset every connection at both ends (RST)."""
        self._do(self._cut())

    def forget(self) -> None:
        """Carry open connections no further, and tell nobody: a firewall that lost its table. New ones work."""
        self._do(self._forget())

    @property
    def connections(self) -> int:
        """How many are carried."""
        return sum(not pair.forgotten for pair in list(self._pairs))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def _close(self) -> None:
        self._server.close()
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _cut(self) -> None:
        for pair in list(self._pairs):
            pair.reset()

    async def _forget(self) -> None:
        for pair in self._pairs:
            pair.forgotten = True

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)
        try:
            back, server = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:  # the server is away
            client.transport.abort()
            return
        pair = _Pair(client, server)
        self._pairs.add(pair)
        ways = [
            asyncio.create_task(_carry(pair, reader, server, self._up)),
            asyncio.create_task(_carry(pair, back, client, self._down)),
        ]
        try:
            with suppress(asyncio.CancelledError):  # by `_close`; asyncio would report it as an error of the callback
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._pairs.discard(pair)
            pair.reset()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


async def _carry(pair: _Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event) -> None:
    """One direction, to the end of the connection."""
    while piece := await reader.read(_PIECE):
        await gate.wait()
        if pair.forgotten:
            break
        writer.write(piece)
        await writer.drain()
    if pair.forgotten:
        await asyncio.Event().wait()  # both sockets stay open, and nothing comes of them
