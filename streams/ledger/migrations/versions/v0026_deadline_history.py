"""A deadline's history is fields of its text and no path in it, and from when it was counted is a column.

The moment was kept only where lines count from it. For the other rows it is found again (P-5, as versions before have
explained it): clock hours count from so long before the due, a reopened ticket from its reopening, the others from the
receipt, the sighting or the opening (of what had to be confirmed), whichever leads to the due in so many working days;
where none does (its sighting was told days later), from the noon of the day that does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from alembic import op
from pydantic import ValidationError

from schemas.calendar import CalendarYear
from streams.files.calendar.builtin import builtin_calendar
from streams.rules.state.workdays import Calendar

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
    calendar = _calendar(connection)
    last = -1
    while rows := {row[0]: _Row(*row) for row in connection.execute(_READ, {"last": last, "page": _PAGE})}:
        connection.execute(_WRITE, [_fields(row, calendar) for row in rows.values()])
        last = max(rows)


def _calendar(connection: sa.Connection) -> Calendar:
    """The working days by which the tickets have been counted; a year that cannot be read is as good as not known."""
    calendar = builtin_calendar()
    known = "select document from registry where kind = 'calendar' and document is not null order by id"
    for (document,) in connection.exec_driver_sql(known):
        with suppress(ValidationError):
            year = CalendarYear.model_validate_json(document)
            calendar = calendar.with_year(year.year, year.by_date)
    return calendar


def _fields(row: _Row, calendar: Calendar) -> dict[str, Any]:
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
    start = (
        _micros(kept["counted_from"])
        if history["timed"]
        else _found_again(row, kept, granted, calendar, reopened=reopened)
    )
    return {"pk": row.pk, "deadline_json": orjson.dumps(terms).decode(), "counted_from": start}


def _found_again(
    row: _Row, kept: Mapping[str, Any], granted: list[int | None], calendar: Calendar, *, reopened: bool
) -> int:
    if kept.get("unit") == "hour" and not granted:
        hours: int = kept["amount"]
        return row.due_at - hours * 3_600_000_000
    received = orjson.loads(row.facts_json or "{}").get("received_at")
    seen = row.opened_at if row.first_seen_at is None else row.first_seen_at
    starts = [row.running_since] if reopened else [*([_micros(received)] if received else []), seen, row.opened_at]
    if kept.get("unit") != "working_day" or None in granted:
        return starts[0]
    days, due, counted = max(1, kept["amount"]), _day(row.due_at), calendar.as_of(kept.get("calendar") or "")
    leading = (start for start in starts if counted.add_workdays(_day(start), days).date == due)
    return next(leading, _noon(counted.subtract_workdays(due, days)))


def _day(micros: int) -> date:
    return (_EPOCH + timedelta(microseconds=micros)).astimezone(_CHINA).date()


def _noon(day: date) -> int:
    return (datetime.combine(day, time(12), _CHINA) - _EPOCH) // _MICROSECOND


def _micros(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
