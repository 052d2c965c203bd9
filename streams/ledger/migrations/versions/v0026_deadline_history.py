"""A deadline's history is fields of its text and no path in it, and from when it was counted is a column.

The moment was kept only where lines count from it. For the other rows it is found again: a reopened ticket counts from
its reopening, clock hours from so long before the due, the others from the receipt, or from the sighting or the opening
(of what had to be confirmed): from the opening where it, and not the sighting, is so many weekdays before the due.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

_PAGE = 2_000
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EXTENDED = re.compile(r"/extended(?:\+(\d+))?")
_REOPENED, _GIVEN = "/reopened", "/due_by"
_CHINA = timezone(timedelta(hours=8))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_READ = sa.text(
    "select t.pk, t.deadline_json, t.due_at, t.opened_at, t.running_since, p.first_seen_at, p.facts_json "
    "from tickets t left join problems p on p.ticket_pk = t.pk and p.ordinal = 1 "
    "where t.pk in (select pk from tickets where pk > :last order by pk limit :page) order by t.pk"
)
_WRITE = sa.text("update tickets set deadline_json = :deadline_json, counted_from = :counted_from where pk = :pk")


class _Row(NamedTuple):
    """Moments in microseconds since 1970."""

    pk: int
    deadline_json: str
    due_at: int
    opened_at: int
    running_since: int
    first_seen_at: int | None
    facts_json: str | None


def upgrade() -> None:
    """Page by page, so that a database of any size is read in little memory."""
    op.add_column("tickets", sa.Column("counted_from", _NUMBER, nullable=False, server_default="0"))
    connection = op.get_bind()
    last = -1
    while rows := {row[0]: _Row(*row) for row in connection.execute(_READ, {"last": last, "page": _PAGE})}:
        connection.execute(_WRITE, [_fields(row) for row in rows.values()])
        last = max(rows)


def _fields(row: _Row) -> dict[str, Any]:
    kept: dict[str, Any] = orjson.loads(row.deadline_json)
    if "rule" not in kept:
        return {"pk": row.pk, "deadline_json": row.deadline_json, "counted_from": row.running_since}
    granted = [int(days) if days else None for days in _EXTENDED.findall(kept["rule"])]
    row_name = _EXTENDED.sub("", kept["rule"])
    reopened = row_name.endswith(_REOPENED)
    while row_name.endswith(_REOPENED):
        row_name = row_name.removesuffix(_REOPENED)
    history = {
        "given": row_name.endswith(_GIVEN),
        "timed": kept.get("counted_from") is not None,
        "granted": granted,
        "reopened": reopened,
    }
    terms = {
        "row": row_name.removesuffix(_GIVEN),
        **{name: kept.get(name) for name in ("amount", "calendar", "basis", "policy")},
        **{name: value for name, value in history.items() if value},
    }
    start = _micros(kept["counted_from"]) if history["timed"] else _found_again(row, kept, granted, reopened=reopened)
    return {"pk": row.pk, "deadline_json": orjson.dumps(terms).decode(), "counted_from": start}


def _found_again(row: _Row, kept: Mapping[str, Any], granted: list[int | None], *, reopened: bool) -> int:
    if reopened:
        return row.running_since
    if kept.get("unit") == "hour" and not granted:
        hours: int = kept["amount"]
        return row.due_at - hours * 3_600_000_000
    received = orjson.loads(row.facts_json or "{}").get("received_at")
    if received:
        return _micros(received)
    seen = row.opened_at if row.first_seen_at is None else row.first_seen_at
    if kept.get("unit") == "working_day" and None not in granted:
        due = _day(row.due_at)
        if _weekdays_after(_day(row.opened_at), kept["amount"]) == due != _weekdays_after(_day(seen), kept["amount"]):
            return row.opened_at
    return seen


def _weekdays_after(day: date, number: int) -> date:
    while number > 0:
        day += timedelta(days=1)
        number -= day.isoweekday() <= 5  # noqa: PLR2004 - Friday
    return day


def _day(micros: int) -> date:
    return (_EPOCH + timedelta(microseconds=micros)).astimezone(_CHINA).date()


def _micros(text: str) -> int:
    micros: int = (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
    return micros
