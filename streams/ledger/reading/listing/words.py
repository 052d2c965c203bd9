"""Words that somebody looks for, as conditions of the list: each may mean a ticket, its asset, its unit or its check.

Where few are meant they are looked up first, and sorted; where many are, the list is walked and each ticket asked.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, Boolean, ColumnElement, Text, bindparam, or_, select, union
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.schema import Column

from streams.ledger.reading.listing.filter import SoughtWord
from streams.ledger.tables import tickets

FEW_TICKETS: Final = 20_000
FEW_ASSETS: Final = 200
FEW_UNITS: Final = 20


class AmongNumbers(ColumnElement[bool]):
    """Whether a column is one of these numbers, which may be a hundred thousand: one parameter for all of them."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: Column[int], numbers: Collection[int]) -> None:
        self.column = column
        self.array = bindparam(None, list(numbers), type_=ARRAY(BigInteger), unique=True)
        self.text = bindparam(None, json.dumps(list(numbers)), type_=Text, unique=True)


@compiles(AmongNumbers, "sqlite")
def _among_sqlite(element: AmongNumbers, compiler: SQLCompiler, **kw: Any) -> str:
    numbers = compiler.process(element.text, **kw)
    return f"{compiler.process(element.column, **kw)} in (select value from json_each({numbers}))"  # noqa: S608


@compiles(AmongNumbers, "postgresql")
def _among_postgres(element: AmongNumbers, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.column, **kw)} in (select unnest({compiler.process(element.array, **kw)}))"


def few(word: SoughtWord) -> bool:
    """Whether what it means is soon looked up; of checks there is no index."""
    return (
        len(word.ticket_pks) <= FEW_TICKETS
        and len(word.asset_pks) <= FEW_ASSETS
        and len(word.units) <= FEW_UNITS
        and not word.checks
    )


def meant(word: SoughtWord) -> ColumnElement[bool]:
    """Whether a ticket is one of those that the word may mean."""
    if few(word):
        return tickets.c.pk.in_(union(*(select(tickets.c.pk).where(one) for one in _looked_up(word))))
    conditions = _asked(word)
    if word.units:
        conditions.append(tickets.c.unit_id.in_(word.units))
    if word.checks:
        conditions.append(tickets.c.check_code.in_(word.checks))
    return or_(*conditions)


def _asked(word: SoughtWord) -> list[ColumnElement[bool]]:
    return [AmongNumbers(tickets.c.asset_pk, word.asset_pks), AmongNumbers(tickets.c.pk, word.ticket_pks)]


def _looked_up(word: SoughtWord) -> list[ColumnElement[bool]]:
    """Conditions, each with an index of its own: those of units know whether a ticket has ended."""
    found = _asked(word)
    if word.units:
        of_units = tickets.c.unit_id.is_not(None) & tickets.c.unit_id.in_(word.units)
        found += [of_units & tickets.c.closed_at.is_(None), of_units & tickets.c.closed_at.is_not(None)]
    return found
