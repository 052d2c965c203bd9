"""Commands that became dead letters: nothing answers them, so whoever waits for an answer finds them here (O-17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from streams.ledger.moments import to_micros
from streams.ledger.part import Part


class RefusedCommands(Part):
    """By their ids, which others choose: what is decided under the same id counts for more."""

    async def add(self, refused: Sequence[tuple[str, str]], at: datetime) -> None:
        """Notes ids and codes; the first reason of an id stays."""
        await self._session.run_each(
            "insert into refused_commands (command_id, code, at) values (?, ?, ?) on conflict do nothing",
            [(command_id, code, to_micros(at)) for command_id, code in refused],
        )

    async def prune(self, before: datetime) -> None:
        """Forgets those of before this moment."""
        await self._session.run("delete from refused_commands where at < ?", to_micros(before))
