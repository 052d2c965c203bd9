"""Marks: what the system says or does once, whatever the number of workers; nobody outside can set one."""

from __future__ import annotations

from streams.ledger.part import Part


class Marks(Part):
    """Apart from the ids of commands, which others choose."""

    async def add(self, mark: str) -> bool:
        """Sets a mark; whether it was not there yet."""
        return await self._session.run("insert into marks (mark) values (?) on conflict do nothing", mark) == 1
