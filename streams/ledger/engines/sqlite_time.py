"""How long SQLite may look for what people ask: it is asked itself, every few thousand steps, whether to go on."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from time import monotonic
from typing import Final

from streams.ledger.engines.weights import Row
from streams.ledger.errors import TooSlow

_STEPS: Final = 20_000  # of its machine: some milliseconds at most


def found_within(
    connection: sqlite3.Connection, sql: str, args: Sequence[object], within: float | None
) -> Sequence[Row]:
    """The rows; raises TooSlow after `within` seconds."""
    if within is None:
        return connection.execute(sql, args).fetchall()
    end = monotonic() + within
    connection.set_progress_handler(lambda: monotonic() > end, _STEPS)
    try:
        return connection.execute(sql, args).fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise TooSlow(str(error)) from error
        raise
    finally:
        connection.set_progress_handler(None, 0)
