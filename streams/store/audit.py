"""What everybody has done at the desk's pages, in the store: one entry each, never changed."""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex
from typing import Final, Literal, NamedTuple

from streams.ledger.engines.port import Connector
from streams.ledger.moments import to_micros

AuditKind = Literal["login", "login_failed", "logout", "account", "act", "export"]
_COLUMNS: Final = "entry_id, at, account, kind, about, result, address"


class AuditEntry(NamedTuple):
    """Something that somebody has done, or tried."""

    at: datetime  # real time
    account: str  # as it was typed, where it is nobody's
    kind: AuditKind
    about: str  # a ticket, a query, a name
    result: str
    address: str  # where it came from


class Audit:
    """A part of `Store`."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def add(self, *entries: AuditEntry) -> None:
        """Keeps them."""
        async with self._connector.session() as session:
            await session.run_each(
                f"insert into audit ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                [(token_hex(16), to_micros(one.at), *one[1:]) for one in entries],
            )
