"""Keys of programs, kept: what they may do, whose they are, when they were last used. Of a secret only its hash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from streams.ledger.engines.port import Connector
from streams.ledger.moments import from_micros, to_micros

_KEY: Final = "key_id, name, digest, scopes, sources, unit_id, role, made_by, made_at, used_at, revoked_at"


class ApiKey(NamedTuple):
    """A key of a program. Times: the wall clock."""

    key_id: str
    name: str  # what people call it; one that is not revoked has it alone
    digest: str  # SHA-256 of the secret, hexadecimal
    scopes: tuple[str, ...]
    sources: tuple[str, ...]  # the producers that it may speak for; empty: any
    unit_id: str | None  # whose: the unit and what is below it; None: everybody's
    role: str | None  # what it may decide, where it may act
    made_by: str
    made_at: datetime
    used_at: datetime | None = None  # to the minute
    revoked_at: datetime | None = None


class ApiKeys:
    """The table."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def add(self, key: ApiKey) -> bool:
        """Keeps it; False where a key of this name is in use."""
        async with self._connector.session() as session:
            if await session.rows("select 1 from api_keys where name = ? and revoked_at is null", key.name):
                return False
            await session.run(
                f"insert into api_keys ({_KEY}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                *key[:3],
                " ".join(key.scopes),
                "\n".join(key.sources),
                *key[5:8],
                to_micros(key.made_at),
                None,
                None,
            )
        return True

    async def every(self) -> list[ApiKey]:
        """All of them, the oldest first."""
        async with self._connector.session() as session:
            return [_read(row) for row in await session.rows(f"select {_KEY} from api_keys order by made_at, key_id")]  # noqa: S608

    async def named(self, key_id: str) -> ApiKey | None:
        """The key of this id, also a revoked one."""
        async with self._connector.session() as session:
            rows = await session.rows(f"select {_KEY} from api_keys where key_id = ?", key_id)  # noqa: S608
        return _read(rows[0]) if rows else None

    async def revoke(self, key_id: str, at: datetime) -> None:
        """It is good for nothing from now on."""
        async with self._connector.session() as session:
            await session.run(
                "update api_keys set revoked_at = ? where key_id = ? and revoked_at is null", to_micros(at), key_id
            )

    async def used(self, key_id: str, at: datetime) -> None:
        """Somebody came with it."""
        async with self._connector.session() as session:
            await session.run("update api_keys set used_at = ? where key_id = ?", to_micros(at), key_id)


def _read(row: Sequence[Any]) -> ApiKey:
    key_id, name, digest, scopes, sources, unit_id, role, made_by, made_at, used_at, revoked_at = row
    return ApiKey(
        key_id, name, digest, tuple(scopes.split()), tuple(sources.split("\n")) if sources else (), unit_id, role,
        made_by, from_micros(made_at), _maybe(used_at), _maybe(revoked_at),
    )  # fmt: skip


def _maybe(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
