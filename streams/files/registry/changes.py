"""What a registry file would change: against what is registered, record by record, in bounded memory. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson

from schemas.channels import TO_PEOPLE
from streams.files.registry.records import said

NAMED: Final = 200  # of each list
_REFERENCES: Final = {"unit": ("supervisor_id", "replaced_by"), "asset": ("unit_id",), "producer": ("unit_id",)}


class UnitNames:
    """The units that may be referred to: those registered, and those of the file."""

    def __init__(self, registered: Mapping[str, str], *, complete: bool) -> None:
        """`registered`: id -> name; `complete`: whether that is all that is registered."""
        self._names = dict(registered)
        self._complete = complete
        self._ids: dict[str, list[str]] = {}

    def add(self, unit_id: str, name: str) -> None:
        """A unit of the file."""
        self._names[unit_id] = name

    def knows(self, unit_id: str) -> bool:
        """Whether it is registered, or will be; also where nobody can tell."""
        return not self._complete or unit_id in self._names

    def id_of(self, text: str) -> str:
        """The id that is meant: an id, or the name of just one unit; otherwise the text itself."""
        if text in self._names:
            return text
        if not self._ids:
            for unit_id, name in self._names.items():
                self._ids.setdefault(name, []).append(unit_id)
        named = self._ids.get(text, [])
        return named[0] if len(named) == 1 else text


class RecordDifference(NamedTuple):
    """A record that is new, or says something else; both as `said` has them."""

    key: str
    before: Mapping[str, Any] | None  # None: it is new
    after: Mapping[str, Any]


@dataclass(slots=True)
class RegistryChanges:
    """Counts by kind, and what somebody should look at: (key, name), the first of each."""

    new: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    ownerless: list[tuple[str, str]] = field(default_factory=list)  # assets that lose their unit
    unreachable: list[tuple[str, str]] = field(default_factory=list)  # units that lose their last address
    moved: list[tuple[str, str]] = field(default_factory=list)  # assets that get another unit
    without: list[tuple[str, str]] = field(default_factory=list)  # new assets without a unit, new units without address
    dangling: list[tuple[str, str]] = field(default_factory=list)  # (key, `unit_id: nosuch`)
    differences: list[RecordDifference] = field(default_factory=list)

    @property
    def takes_away(self) -> bool:
        """Whether somebody loses what he is told by."""
        return bool(self.ownerless or self.unreachable)

    def see(self, records: Iterable[tuple[str, bytes]], registered: Mapping[str, str], units: UnitNames) -> None:
        """Some records of the file beside what is registered under their keys (JSON; absent: nothing is)."""
        for key, value in records:
            kind = key.partition(":")[0]
            record: dict[str, Any] = orjson.loads(value)
            known = registered.get(key)
            before: dict[str, Any] = {} if known is None else _said(orjson.loads(known))
            self._compare(key, value, known, same=before == _said(record))
            self._look(key, kind, record, before)
            for name in _REFERENCES.get(kind, ()):
                if (meant := record.get(name)) and not units.knows(meant):
                    _note(self.dangling, key, f"{name}: {meant}")

    def _compare(self, key: str, value: bytes, known: str | None, *, same: bool) -> None:
        """`same`: as they are written; what differs may still say the same (a default that one of them spells out)."""
        kind = key.partition(":")[0]
        was = None if known is None else {} if same else said(kind, known)
        now = {} if same and known is not None else said(kind, value)
        (self.new if was is None else self.unchanged if was == now else self.changed)[kind] += 1
        if was != now and len(self.differences) < NAMED:
            self.differences.append(RecordDifference(key, was, now))

    def _look(self, key: str, kind: str, record: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        name = str(record.get("name", ""))
        if kind == "asset":
            owner, former = record.get("unit_id"), before.get("unit_id")
            if former and not owner:
                _note(self.ownerless, key, name)
            elif former and owner != former:
                _note(self.moved, key, name)
            elif not before and not owner:
                _note(self.without, key, name)
        elif kind == "unit" and not record.get("replaced_by") and not _reachable(record):
            _note(self.unreachable if _reachable(before) else self.without, key, name)


def with_unit_ids(key: str, value: bytes, units: UnitNames) -> bytes:
    """The record with ids where it has the names of units."""
    names = _REFERENCES.get(key.partition(":")[0], ())
    record: dict[str, Any] = orjson.loads(value)
    meant = {name: units.id_of(record[name]) for name in names if record.get(name)}
    return value if all(record[name] == unit_id for name, unit_id in meant.items()) else orjson.dumps(record | meant)


def _reachable(unit: Mapping[str, Any]) -> bool:
    contacts: Sequence[Mapping[str, Any]] = unit.get("contacts") or ()
    return any(contact.get(row.contact_field or "") for contact in contacts for row in TO_PEOPLE.values())


def _said(record: Mapping[str, Any]) -> dict[str, Any]:
    """Without what says nothing, and without the id of what has it in its key alone."""
    return {name: value for name, value in record.items() if name != "id" and value not in (None, [], "", {})}


def _note(where: list[tuple[str, str]], key: str, words: str) -> None:
    if len(where) < NAMED:
        where.append((key, words))
