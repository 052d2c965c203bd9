"""What everybody has done at the desk's pages, in the store: one entry each, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from typing import Final, Literal, NamedTuple, get_args

from streams.ledger.engines.port import Connector
from streams.ledger.engines.weights import Row
from streams.ledger.moments import from_micros, to_micros

AuditKind = Literal["login", "login_failed", "logout", "account", "act", "export", "register"]
AUDIT_KINDS: Final[tuple[AuditKind, ...]] = get_args(AuditKind)
COUNTED: Final = 1_000  # entries that are counted
_COLUMNS: Final = "entry_id, at, account, kind, about, result, address"
_DIGITS: Final = 19  # of a number that the database takes
_STEP: Final = 5_000  # entries that are forgotten at once


class AuditEntry(NamedTuple):
    """Something that somebody has done, or tried."""

    at: datetime  # real time
    account: str  # empty: a name that nobody has; `cli:<login>`: at the command line
    kind: AuditKind
    about: str  # a ticket, a query, a name
    result: str
    address: str  # where it came from


class AuditFilter(NamedTuple):
    """Which entries; what is empty or None does not matter."""

    accounts: Sequence[str] | None = None
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None  # not included


class AuditPage(NamedTuple):
    """Entries by their ids, the latest first; `after`: where the next page begins, empty at the end."""

    entries: dict[str, AuditEntry]
    total: int  # of all pages; one more than COUNTED: there are more
    after: str


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

    async def find(self, wanted: AuditFilter, after: str, limit: int) -> AuditPage:
        """A page of those that are wanted; `after`: as the page before gave it."""
        where, args = _condition(wanted)
        at, _, entry_id = after.partition("-")
        paged, more = where, list(args)
        if at.isascii() and at.isdigit() and len(at) < _DIGITS:
            paged, more = f"{where} and (at, entry_id) < (?, ?)", [*args, int(at), entry_id]
        query = f"select {_COLUMNS} from audit where {paged} order by at desc, entry_id desc limit ?"  # noqa: S608
        count = f"select count(*) from (select 1 from audit where {where} limit ?) as found"  # noqa: S608
        async with self._connector.session() as session:
            rows = await session.rows(query, *more, limit + 1)
            total = int((await session.rows(count, *args, COUNTED + 1))[0][0])
        shown = rows[:limit]
        left = f"{shown[-1][1]}-{shown[-1][0]}" if len(rows) > limit else ""
        return AuditPage({row[0]: _entry(row) for row in shown}, total, left)

    async def forget(self, before: datetime) -> int:
        """Forgets what is older, in steps; how many."""
        done = 0
        while True:
            async with self._connector.session() as session:
                step = await session.run(
                    "delete from audit where entry_id in (select entry_id from audit where at < ? limit ?)",
                    to_micros(before),
                    _STEP,
                )
            done += step
            if step < _STEP:
                return done


def _condition(wanted: AuditFilter) -> tuple[str, list[object]]:
    parts: list[tuple[str, list[object]]] = [("1 = 1", [])]
    if wanted.accounts is not None:
        marks = ", ".join("?" for _ in wanted.accounts)
        parts.append((f"account in ({marks})" if marks else "1 = 0", [*wanted.accounts]))
    if wanted.kind:
        parts.append(("kind = ?", [wanted.kind]))
    if wanted.since is not None:
        parts.append(("at >= ?", [to_micros(wanted.since)]))
    if wanted.until is not None:
        parts.append(("at < ?", [to_micros(wanted.until)]))
    return " and ".join(part for part, _ in parts), [arg for _, args in parts for arg in args]


def _entry(row: Row) -> AuditEntry:
    _, at, account, kind, about, result, address = row
    return AuditEntry(from_micros(at), account, kind, about, result, address)
