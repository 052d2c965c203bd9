"""The text of the few bulk statements, per table and columns, built once each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import count

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import registry


@cache
def _postgres() -> Dialect:
    loaded: Dialect = registry.load("postgresql")()
    return loaded


@cache
def quoted(names: Sequence[str], prefix: str = "") -> str:
    """A comma-separated list of columns."""
    return ", ".join(f'{prefix}"{name}"' for name in names)


@cache
def texts(table: Table, columns: Sequence[str]) -> tuple[int, ...]:
    """The places of documents among the columns; everything else is small."""
    return tuple(place for place, name in enumerate(columns) if name.endswith("_json") and name in table.c)


@cache
def numbered(sql: str) -> str:
    """The statement with `$1`, `$2` ... for `?`, as PostgreSQL wants it."""
    head, *rest = sql.split("?")
    return head + "".join(f"${number}{part}" for number, part in zip(count(1), rest, strict=False))


@cache
def _arrays(table: Table, columns: Sequence[str], first: int = 1) -> str:
    kinds = (table.c[name].type.compile(_postgres()) for name in columns)
    return ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(kinds, first))


def _conflict(table: Table, columns: Sequence[str], *, overwrite: bool) -> str:
    key = [column.name for column in table.primary_key]
    rest = [name for name in columns if name not in key]
    assignments = ", ".join(f'"{name}" = excluded."{name}"' for name in rest)
    return f"on conflict ({quoted(tuple(key))}) do {f'update set {assignments}' if overwrite else 'nothing'}"


@cache
def sqlite_insert(table: Table, columns: Sequence[str]) -> str:
    """Insert one row."""
    places = ", ".join("?" * len(columns))
    return f"insert into {table.name} ({quoted(columns)}) values ({places})"  # noqa: S608 - our own names


@cache
def sqlite_upsert(table: Table, columns: Sequence[str], *, overwrite: bool) -> str:
    """Insert one row, or overwrite or leave the one that is there."""
    return f"{sqlite_insert(table, columns)} {_conflict(table, columns, overwrite=overwrite)}"


@cache
def sqlite_update(table: Table, columns: Sequence[str]) -> str:
    """Update one row by its last column."""
    *changed, key = columns
    assignments = ", ".join(f'"{name}" = ?' for name in changed)
    return f'update {table.name} set {assignments} where "{key}" = ?'  # noqa: S608


def _bound(condition: str, bounds: int, name: Callable[[int], str]) -> str:
    """The condition with what stands for `:1`, `:2` ..."""
    for number in range(1, bounds + 1):
        condition = condition.replace(f":{number}", name(number))
    return condition


def _wanted(by: Sequence[str], bounds: int) -> str:
    names = [f"wanted_{name}" for name in by] + [f"bound_{number}" for number in range(1, bounds + 1)]
    return ", ".join(names)


@cache
def sqlite_match(
    table: Table, columns: Sequence[str], by: Sequence[str], condition: str, tail: str, places: int, bounds: int = 0
) -> str:
    """Select by one key, or by `places` keys at once: one walk down the index for each."""
    if places == 1:
        test = " and ".join(f'"{name}" = ?{place}' for place, name in enumerate(by, 1))
        condition = _bound(condition, bounds, lambda number: f"?{len(by) + number}")
        return f"select {quoted(columns)} from {table.name} where {test} {condition} {tail}"  # noqa: S608
    test = " and ".join(f'"{name}" = wanted.wanted_{name}' for name in by)
    condition = _bound(condition, bounds, lambda number: f"wanted.bound_{number}")
    keys = ", ".join([f"({', '.join('?' * (len(by) + bounds))})"] * places)
    return (
        f"with wanted ({_wanted(by, bounds)}) as (values {keys}) "  # noqa: S608
        f"select {quoted(columns)} from wanted cross join {table.name} on {test} {condition} {tail}"
    )


@cache
def postgres_upsert(table: Table, columns: Sequence[str], *, overwrite: bool) -> str:
    """Insert rows that come as one array per column."""
    return (
        f"insert into {table.name} ({quoted(columns)}) select * from unnest({_arrays(table, columns)}) "  # noqa: S608
        f"{_conflict(table, columns, overwrite=overwrite)}"
    )


@cache
def postgres_update(table: Table, columns: Sequence[str]) -> str:
    """Update rows that come as one array per column, by the last."""
    *changed, key = columns
    assignments = ", ".join(f'"{name}" = new."{name}"' for name in changed)
    return (
        f"update {table.name} as old set {assignments} "  # noqa: S608
        f'from unnest({_arrays(table, columns)}) as new ({quoted(columns)}) where old."{key}" = new."{key}"'
    )


@cache
def postgres_match(
    table: Table, columns: Sequence[str], by: Sequence[str], condition: str, tail: str, bounds: int = 0
) -> str:
    """Select by keys that come as one array per column: one walk down the index for each."""
    test = " and ".join(f'"{name}" = wanted.wanted_{name}' for name in by)
    condition = _bound(condition, bounds, lambda number: f"wanted.bound_{number}")
    arrays = ", ".join((_arrays(table, by), *(f"${len(by) + number}::bigint[]" for number in range(1, bounds + 1))))
    return (
        f"select found.* from unnest({arrays}) as wanted ({_wanted(by, bounds)}) cross join lateral "  # noqa: S608
        f"(select {quoted(columns)} from {table.name} where {test} {condition} {tail}) as found"
    )
