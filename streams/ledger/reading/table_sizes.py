"""How many rows each table has."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from streams.ledger import notice_tables, past_tables, request_tables, tables  # noqa: F401 - they belong to the metadata
from streams.ledger.columns import metadata
from streams.ledger.ledger import Ledger

_WITHIN: Final = 60.0  # seconds for a table


async def table_sizes(ledger: Ledger) -> dict[str, int]:
    """By the names of the tables; raises TooSlow."""
    found = {}
    for table in metadata.sorted_tables:
        ((number,),) = await ledger.read(select(func.count()).select_from(table), _WITHIN)
        found[table.name] = int(number)
    return found
