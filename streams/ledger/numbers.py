"""Row numbers for tickets that are not written yet: rules need them to tie problems, history and notices together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, count
from operator import length_hint
from typing import Final

from streams.ledger.engines.port import Session

BLOCK: Final = 1_000  # numbers that one step of the sequence `ticket_numbers` stands for


class TicketNumbers:
    """Numbers that this process owns (PostgreSQL); what a transaction leaves over serves the next one."""

    def __init__(self) -> None:
        """Own nothing yet."""
        self._free: list[Iterator[int]] = []

    async def take(self, session: Session, wanted: int) -> list[Iterator[int]]:
        """Blocks with at least so many numbers, for one transaction alone."""
        blocks: list[Iterator[int]] = []
        missing = wanted
        while missing > 0 and self._free:
            blocks.append(self._free.pop())
            missing -= length_hint(blocks[-1])
        if missing > 0:
            steps = -(-missing // BLOCK)
            rows = await session.rows("select nextval('ticket_numbers') from generate_series(1, ?::int)", steps)
            blocks += [iter(range(first, first + BLOCK)) for (first,) in rows]
        return blocks

    def give_back(self, blocks: list[Iterator[int]]) -> None:
        """Take back what a transaction did not use."""
        self._free += [block for block in blocks if length_hint(block)]


class Reservation:
    """The numbers of one transaction."""

    def __init__(self, numbers: TicketNumbers) -> None:
        """Take from `numbers` where the database has a sequence."""
        self._numbers = numbers
        self._blocks: list[Iterator[int]] = []
        self._counter: Iterator[int] | None = None

    async def reserve(self, session: Session, wanted: int) -> Iterator[int]:
        """At least so many row numbers; on SQLite, where nobody else writes, the next ones without end."""
        if session.dialect == "sqlite":
            if self._counter is None:
                ((last,),) = await session.rows("select coalesce(max(pk), 0) from tickets")
                self._counter = count(last + 1)
            return self._counter
        blocks = await self._numbers.take(session, wanted)
        self._blocks += blocks
        return chain(*blocks)

    def end(self) -> None:
        """The transaction is over."""
        self._numbers.give_back(self._blocks)
        self._blocks = []
