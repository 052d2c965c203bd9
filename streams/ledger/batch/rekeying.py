"""Problems page by page, for whoever carries them over to the fingerprints of today (rule D-14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streams.ledger.engines.statements import quoted
from streams.ledger.part import Part
from streams.ledger.rows import PROBLEM
from streams.ledger.tables import problems
from streams.rules.state.records import Problem

ROOM: Final = 16 * 2**20  # characters of facts, of mostly 2 bytes
_COLUMNS = quoted(PROBLEM.columns, "problems.")
_SIZES: Final = "select pk, length(facts_json) from problems where pk > ? and current order by pk limit ?"


class Rekeying(Part):
    """Looking through the problems; what is carried over is loaded and saved as anything else."""

    async def problems_after(self, pk: int, limit: int) -> list[tuple[str, Problem]]:
        """The next current problems by row number, each with the id of its asset: as many as have room (O-16)."""
        sizes = await self._session.rows(_SIZES, pk, limit)
        total, last = 0, pk
        for one, size in sizes:
            total += size
            if last > pk and total > ROOM:
                break
            last = one
        rows = await self._session.rows(
            f"select {_COLUMNS}, assets.asset_id from problems join assets on assets.pk = problems.asset_pk "  # noqa: S608
            "where problems.pk > ? and problems.pk <= ? and problems.current order by problems.pk",
            pk,
            last,
        )
        return [(row[-1], PROBLEM.decode(tuple(row)[:-1])) for row in rows]

    async def current_among(self, identities: Sequence[tuple[int, bytes]]) -> set[tuple[int, bytes]]:
        """Those of these (asset, identity) that a current problem has."""
        by = ("asset_pk", "key")
        rows = await self._session.match(problems, by, by, list(identities), condition="and current")
        return {(row[0], bytes(row[1])) for row in rows}
