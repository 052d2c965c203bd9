"""What somebody looks for by number or name, as row numbers: asked first, so that the list itself walks an index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select

from streams.ledger.engines.weights import Row
from streams.ledger.ledger import Ledger
from streams.ledger.reading.listing.listing import WITHIN
from streams.ledger.tables import assets, tickets

MOST: Final = 100_000  # tickets or assets of one name
_LAST: Final = "zzzzzzzz"  # sorts behind whatever a number goes on with, in every collation


class TooMany(Exception):
    """More than MOST are called so."""


def numbered(beginning: str) -> ColumnElement[bool]:
    """Tickets whose number begins so; the span is what an index knows of beginnings, whatever its collation."""
    return and_(
        tickets.c.ticket_id.between(beginning, beginning + _LAST),
        tickets.c.ticket_id.startswith(beginning, autoescape=True),
    )


async def tickets_numbered(ledger: Ledger, beginning: str) -> tuple[int, ...]:
    """Raises TooMany, TooSlow."""
    query = select(tickets.c.pk).where(numbered(beginning)).limit(MOST + 1)
    return _some(await ledger.read(query, within=WITHIN))


async def assets_called(ledger: Ledger, text: str, units: frozenset[str] | None) -> tuple[int, ...]:
    """By id, by the beginning of their 网站标识码, by a part of their name or address. Raises TooMany, TooSlow.

    `units`: only what these own, or have tickets of; None: all.
    """
    ways = [
        assets.c.asset_id == text,
        assets.c.code.startswith(text, autoescape=True),
        assets.c.name.icontains(text, autoescape=True),
    ]
    if "." in text or "/" in text:  # of a record only its address looks like one
        ways.append(assets.c.document_json.icontains(text, autoescape=True))
    named = or_(*ways)
    query = select(assets.c.pk).where(named if units is None else and_(named, _of(units)))
    return _some(await ledger.read(query.limit(MOST + 1), within=WITHIN))


def _of(units: frozenset[str]) -> ColumnElement[bool]:
    of_ticket = select(tickets.c.asset_pk).where(tickets.c.unit_id.in_(units), tickets.c.unit_id.is_not(None))
    return or_(
        assets.c.unit_id.in_(units),
        assets.c.pk.in_(of_ticket.where(tickets.c.closed_at.is_(None))),
        assets.c.pk.in_(of_ticket.where(tickets.c.closed_at.is_not(None))),
    )


def _some(rows: Sequence[Row]) -> tuple[int, ...]:
    found = tuple(row[0] for row in rows)
    if len(found) > MOST:
        raise TooMany
    return found
