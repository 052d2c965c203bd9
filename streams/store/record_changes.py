"""Changes of registry records that people submit on pages, in the store: of each record the latest.

Two people who have read the same record cannot both change it: the first one's change stands here until the ledger
has it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from streams.ledger.engines.port import Connector
from streams.ledger.engines.weights import Row
from streams.ledger.moments import from_micros, to_micros

HELD: Final = timedelta(minutes=2)
"""For so long a change keeps others away that were made of the same record; by then the ledger has it."""
_COLUMNS: Final = "key, form, base, made, account, at"


class RecordChange(NamedTuple):
    """One change; `base` and `made` are digests of the record before and after it, empty for none."""

    key: str  # as on the topic: `unit:kjj`
    form: str  # what was submitted at once
    base: str
    made: str
    account: str
    at: datetime  # real time


class RecordChanges:
    """A part of `Store`."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def claim(self, change: RecordChange) -> RecordChange | None:
        """Keeps it and returns None, or returns what another account made of the same record a moment ago."""
        async with self._connector.session() as session:
            added = await session.run(
                f"insert into record_changes ({_COLUMNS}) values (?, ?, ?, ?, ?, ?) "  # noqa: S608
                "on conflict (key) do update set form = excluded.form, base = excluded.base, made = excluded.made, "
                "account = excluded.account, at = excluded.at where record_changes.base <> excluded.base "
                "or record_changes.account = excluded.account or record_changes.at < ?",
                *change[:-1],
                to_micros(change.at),
                to_micros(change.at - HELD),
            )
            if added:
                return None
            rows = await session.rows(f"select {_COLUMNS} from record_changes where key = ?", change.key)  # noqa: S608
        return _change(rows[0])

    async def of_form(self, form: str) -> list[RecordChange]:
        """What was submitted at once, as far as nobody has changed it since."""
        async with self._connector.session() as session:
            rows = await session.rows(f"select {_COLUMNS} from record_changes where form = ? order by key", form)  # noqa: S608
        return [_change(row) for row in rows]


def _change(row: Row) -> RecordChange:
    return RecordChange._make((*row[:-1], from_micros(row[-1])))
