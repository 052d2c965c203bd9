"""Columns and their kinds, for both dialects: what tables.py is written with."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeEngine

metadata: Final = MetaData()

NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")
BOOLEAN: Final = Boolean().with_variant(Integer(), "sqlite")
BLOB: Final = LargeBinary()
TEXT: Final = Text()

MOMENT: Final = {"moment": True}  # marks columns of microseconds
FLAG: Final = {"flag": True}  # marks columns of 0 and 1
HEX: Final = {"hex": True}  # marks blobs that the record spells in hexadecimal


def table(name: str, *parts: Any, **options: Any) -> Table:
    """A table of the ledger."""
    return Table(name, metadata, *parts, sqlite_strict=True, **options)


def pk() -> Column[int]:
    """The row number that the database gives."""
    return Column("pk", NUMBER, primary_key=True)


def must(name: str, kind: TypeEngine[Any], **options: Any) -> Column[Any]:
    """A column that always has a value."""
    return Column(name, kind, nullable=False, **options)


def may(name: str, kind: TypeEngine[Any], **options: Any) -> Column[Any]:
    """A column that may be empty."""
    return Column(name, kind, nullable=True, **options)


def at(name: str, **options: Any) -> Column[Any]:
    """A moment."""
    return must(name, NUMBER, info=MOMENT, **options)


def maybe_at(name: str) -> Column[Any]:
    """A moment, or none."""
    return may(name, NUMBER, info=MOMENT)


def flag(name: str, **options: Any) -> Column[Any]:
    """Yes or no."""
    return must(name, BOOLEAN, info=FLAG, **options)


def where(condition: str) -> dict[str, Any]:
    """The condition of a partial index."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


ROOM: Final = {"postgresql_with": {"fillfactor": 80}}  # room in the page, so that counting touches no index
