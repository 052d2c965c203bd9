"""The registry as the ledger keeps it: units, calendars, guarded periods, producers (assets are a table of their own).

Every change draws the next version number; a deleted record stays as a row without document, so that whoever knows
an earlier version can follow by reading only what is newer. A record that this release cannot read is as good as not
there, or stays as it was known before; the registry names it (O-14).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from schemas.calendar import CalendarYear
from schemas.registry import GuardedPeriod, Producer, Unit
from streams.files.calendar.builtin import builtin_calendar
from streams.ledger.errors import LedgerError
from streams.ledger.migrations.revisions import newest
from streams.ledger.part import Part
from streams.rules.state.snapshot import Registry, UnreadRecord
from streams.rules.state.workdays import Calendar

V = TypeVar("V")
Kind = Literal["unit", "calendar", "guarded", "producer"]
NEXT_VERSION: Final = (
    "insert into meta (key, value) values ('registry_version', '1') on conflict (key) "
    "do update set value = cast(cast(meta.value as bigint) + 1 as text) returning value"
)
_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "unit": Unit.stored,
    "calendar": CalendarYear.model_validate_json,
    "guarded": GuardedPeriod.model_validate_json,
    "producer": Producer.model_validate_json,
}
_VERSIONS: Final = (
    "select (select value from meta where key = 'registry_version'), (select version_num from alembic_version)"
)


class RegistryRows(Part):
    """Reading and writing the registry."""

    async def version(self) -> int:
        """Grows with every change; 0 while nothing is registered. Raises LedgerError when the database is another's.

        O-9  A worker refuses a database of another version: at its start, and within a second while it runs, when the
             database has been upgraded meanwhile. It then ends, has acknowledged nothing, and writes nothing more.
        """
        ((version, revision),) = await self._session.rows(_VERSIONS)
        if revision != newest():
            msg = (
                f"the database has version {revision} by now, and this program works with {newest()}: "
                "install the release that fits, and start again"
            )
            raise LedgerError(msg)
        return int(version or 0)

    async def save(self, kind: Kind, record_id: str, document: str | None) -> int:
        """Stores a record as JSON text; None deletes it. The new version."""
        ((version,),) = await self._session.rows(NEXT_VERSION)
        await self._session.run(
            "insert into registry (kind, id, document, version) values (?, ?, ?, ?) "
            "on conflict (kind, id) do update set document = excluded.document, version = excluded.version",
            kind,
            record_id,
            document,
            int(version),
        )
        return int(version)

    async def load(self, zone: ZoneInfo, known: Registry | None = None) -> Registry:
        """The registry as it stands; with `known`, only what has changed since is read."""
        version = await self.version()
        if known is not None and known.version == version:
            return known
        rows = await self._session.rows(
            "select kind, id, document, version from registry where version > ?", known.version if known else 0
        )
        units = dict(known.units) if known else {}
        guarded = dict(known.guarded) if known else {}
        producers = dict(known.producers) if known else {}
        unread = dict(known.unread) if known else {}
        records: Mapping[str, dict[str, Any]] = {"unit": units, "guarded": guarded, "producer": producers}
        for kind, record_id, document, drawn in rows:
            unread.pop((kind, record_id), None)
            try:
                record = None if document is None else _READ[kind](document)
            except ValidationError as error:
                unread[kind, record_id] = UnreadRecord(drawn, _fault(error))
                continue
            if kind in records:
                _put(records[kind], record_id, record)
        calendar = known.calendar if known else builtin_calendar()
        if any(row[0] == "calendar" for row in rows):
            calendar = await self._calendar(unread)
        return Registry(units, calendar, guarded, zone, version, producers, await self._keyed_by(), unread)

    async def _keyed_by(self) -> str:
        """By what all problems have their fingerprints (D-14); empty while that is not known."""
        rows = await self._session.rows("select value from meta where key = 'keyed_by'")
        return str(rows[0][0]) if rows else ""

    async def set_keyed_by(self, value: str) -> None:
        """All problems have their fingerprints by this; whoever works with the ledger hears of it."""
        await self._session.run(
            "insert into meta (key, value) values ('keyed_by', ?) "
            "on conflict (key) do update set value = excluded.value",
            value,
        )
        await self._session.rows(NEXT_VERSION)

    async def _calendar(self, unread: Collection[tuple[str, str]]) -> Calendar:
        calendar = builtin_calendar()
        rows = await self._session.rows(
            "select id, document from registry where kind = 'calendar' and document is not null order by id"
        )
        for record_id, document in rows:
            if ("calendar", record_id) not in unread:
                year = CalendarYear.model_validate_json(document)
                calendar = calendar.with_year(year.year, year.by_date)
        return calendar


def _fault(error: ValidationError) -> str:
    """What does not fit, and in which field; nothing of what stands there."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{first['type']} at {place}" if place else first["type"]


def _put(records: dict[str, V], record_id: str, record: V | None) -> None:
    if record is None:
        records.pop(record_id, None)
    else:
        records[record_id] = record
