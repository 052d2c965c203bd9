"""Connections: who has one asks within a time and takes what is answered; whoever does neither makes room for others.

W-40  A connection that sends no whole head of a request within 30 seconds, or takes nothing of an answer for 60, is
      cut: there is room for 500 at once, and holding one costs a stranger nothing.
"""

from __future__ import annotations

import asyncio
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS: Final = 30.0
STUCK_SECONDS: Final = 60.0


class PromptConnection(H11Protocol):
    """One connection. Bodies have their own time (`guard/bodies.py`), and so has a connection that is kept open."""

    head_seconds, stuck_seconds = HEAD_SECONDS, STUCK_SECONDS
    _asked_by: asyncio.TimerHandle | None = None
    _taken_by: asyncio.TimerHandle | None = None
    _waiting = 0  # bytes that were not taken at the last look

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first request is waited for."""
        super().connection_made(transport)
        self._await_head()
        self._look()

    def on_response_complete(self) -> None:
        """The next one is."""
        self._await_head()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for."""
        for timer in (self._asked_by, self._taken_by):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._asked_by is not None:
            self._asked_by.cancel()
        self._asked_by = self.loop.call_later(self.head_seconds, self._cut_off_if_silent)

    def _cut_off_if_silent(self) -> None:
        if self.conn.their_state is h11.IDLE:
            self.transport.abort()

    def _look(self) -> None:
        """Time and again: whether what waits to be taken has become less."""
        waiting = self.transport.get_write_buffer_size()
        if waiting and waiting == self._waiting:
            self.transport.abort()
            return
        self._waiting = waiting
        self._taken_by = self.loop.call_later(self.stuck_seconds, self._look)
