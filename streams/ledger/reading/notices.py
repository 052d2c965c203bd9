"""What people ask about notices, for the command line."""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, select

from streams.ledger.ledger import Ledger
from streams.ledger.moments import to_micros
from streams.ledger.notice_tables import notices
from streams.ledger.rows import ASSET, NOTICE
from streams.ledger.tables import assets, tickets
from streams.rules.state.records import AssetRecord, Notice

_LENGTH: Final = 32  # hexadecimal digits of an id


class NoticeRow(NamedTuple):
    """A notice, where it belongs, and the ticket that it is about, if it is about one; a weekly mail is of no asset."""

    notice: Notice
    asset: AssetRecord | None
    ticket_id: str | None

    @property
    def asset_name(self) -> str:
        """Of the asset, empty where there is none."""
        return self.asset.name if self.asset is not None else ""


@dataclass(frozen=True, slots=True)
class NoticeFilter:
    """Which notices; what is None or empty does not matter."""

    states: tuple[str, ...] = ()
    channel: str | None = None
    unit_id: str | None = None
    ticket_pk: int | None = None
    since: datetime | None = None  # changed then or later


async def list_notices(ledger: Ledger, chosen: NoticeFilter, *, limit: int = 50) -> list[NoticeRow]:
    """Notices, those that changed last first."""
    query = notice_rows().where(*_conditions(chosen)).order_by(notices.c.updated_at.desc(), notices.c.notice_id)
    return [notice_row(row) for row in await ledger.read(query.limit(limit))]


async def suppressed_notices(ledger: Ledger, code: str) -> list[NoticeRow]:
    """What was not sent for this reason and is about tickets that are not closed."""
    query = notice_rows().where(notices.c.state == "suppressed", notices.c.code == code, tickets.c.closed_at.is_(None))
    query = query.where(tickets.c.pk.is_not(None)).order_by(notices.c.notice_id)
    return [notice_row(row) for row in await ledger.read(query)]


async def find_notices(ledger: Ledger, wanted: str, *, limit: int = 5) -> list[NoticeRow]:
    """The notices whose id is, or begins with, these hexadecimal digits."""
    digits = wanted.lower()
    if not digits or len(digits) > _LENGTH or not set(digits) <= set(string.hexdigits):
        return []
    first, last = (bytes.fromhex(digits.ljust(_LENGTH, end)) for end in "0f")
    query = notice_rows().where(notices.c.notice_id.between(first, last)).order_by(notices.c.notice_id)
    return [notice_row(row) for row in await ledger.read(query.limit(limit))]


def notice_rows() -> Select[Any]:
    """Notices with what `notice_row` reads."""
    columns = (*(notices.c[name] for name in NOTICE.columns), *(assets.c[name] for name in ASSET.columns))
    return (
        select(*columns, tickets.c.ticket_id)
        .outerjoin_from(notices, assets, assets.c.pk == notices.c.asset_pk)
        .outerjoin(tickets, tickets.c.pk == notices.c.ticket_pk)
    )


def notice_row(row: Any) -> NoticeRow:
    """A row of `notice_rows`."""
    values = tuple(row)
    width = len(NOTICE.columns)
    asset = values[width:-1]
    return NoticeRow(NOTICE.decode(values[:width]), None if asset[0] is None else ASSET.decode(asset), values[-1])


def _conditions(chosen: NoticeFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.states:
        conditions.append(notices.c.state.in_(chosen.states))
    if chosen.channel is not None:
        conditions.append(notices.c.channel == chosen.channel)
    if chosen.unit_id is not None:
        conditions.append(notices.c.unit_id == chosen.unit_id)
    if chosen.ticket_pk is not None:
        conditions.append(notices.c.ticket_pk == chosen.ticket_pk)
    if chosen.since is not None:
        conditions.append(notices.c.updated_at >= to_micros(chosen.since))
    return conditions
