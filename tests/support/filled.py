"""Databases with something in every table: rows made up for whatever columns there are, and all of them read back."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, Final

import asyncpg
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, MetaData, Table, create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

SQLITE_TABLES: Final = "select name from sqlite_master where type = 'table' and name not like 'sqlite%'"
POSTGRESQL_TABLES: Final = "select tablename as name from pg_tables where schemaname = 'public'"


def filled(table: Table, number: int) -> dict[str, Any]:
    """A row in which every column has a value of its own, of the kind that the program writes there."""
    row: dict[str, Any] = {}
    for place, column in enumerate(table.columns):
        name = column.name
        if isinstance(column.type, LargeBinary):
            row[name] = bytes([number, place] * 8)
        elif isinstance(column.type, Boolean) or name in ("guarded", "exempt", "current"):
            row[name] = number % 2 == 0
        elif isinstance(column.type, Integer | BigInteger):
            own = name == "pk" or name.endswith("_pk")  # far from the next that a sequence gives
            row[name] = 1_000_000 + number if own else 1_770_000_000_000_000 + 1_000 * number + place
        elif name.endswith("_json"):
            row[name] = '{"zh": "整改"}'
        else:
            row[name] = f"{name}-{number}-整改 'x\" --"
    return row


async def rows_of(url: str) -> dict[str, list[dict[str, Any]]]:
    """All that is in the database, but for its version."""
    (listed,) = await _select(url, [SQLITE_TABLES if url.startswith("sqlite") else POSTGRESQL_TABLES])
    names = sorted(row["name"] for row in listed if row["name"] != "alembic_version")
    found = await _select(url, [f'select * from "{name}"' for name in names])  # noqa: S608 - our own names
    return {name: sorted(rows, key=repr) for name, rows in zip(names, found, strict=True)}


async def tables_of(url: str) -> MetaData:
    """The tables as the database has them."""
    tables = MetaData()
    if url.startswith("sqlite"):
        with create_engine(url, poolclass=NullPool).connect() as connection:
            tables.reflect(connection)
        return tables
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as server:
        await server.run_sync(tables.reflect)
    await engine.dispose()
    return tables


async def _select(url: str, queries: list[str]) -> list[list[dict[str, Any]]]:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.row_factory = sqlite3.Row
            return [[dict(row) for row in connection.execute(sql)] for sql in queries]
    server = await asyncpg.connect(url)
    try:
        return [[dict(row) for row in await server.fetch(sql)] for sql in queries]
    finally:
        await server.close()


async def insert(url: str, table: Table, *rows: dict[str, Any]) -> None:
    """More rows in a table."""
    await fill(url, {table: rows})


async def fill(url: str, found: Mapping[Table, Sequence[dict[str, Any]]]) -> None:
    """More rows in several tables."""
    statements = [(_statement(table, row), list(row.values())) for table, rows in found.items() for row in rows]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            for statement, values in statements:
                connection.execute(re.sub(r"\$\d+", "?", statement), values)
        return
    server = await asyncpg.connect(url)
    async with server.transaction():
        for statement, values in statements:
            await server.execute(statement, *values)
    await server.close()


def _statement(table: Table, row: dict[str, Any]) -> str:
    names = ", ".join(f'"{name}"' for name in row)
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    return f'insert into "{table.name}" ({names}) values ({places})'  # noqa: S608 - our own names
