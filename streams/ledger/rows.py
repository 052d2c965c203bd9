"""Records to rows and back: the one place that knows which column is a time, a flag or a key.

This is a good third of a batch's time in the ledger, hence no loop over columns that need no conversion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Table

from streams.ledger import notice_tables, past_tables, request_tables, tables
from streams.ledger.engines.weights import Row
from streams.ledger.moments import from_micros, to_micros
from streams.rules.state.past import PastProblem, PastRecord
from streams.rules.state.records import (
    Ask,
    AssetRecord,
    Follower,
    HistoryEntry,
    Notice,
    OpenRequest,
    ProbeDay,
    Problem,
    ProducerRhythm,
    ProducerStanding,
    RunRecord,
    Ticket,
    WeeklyMail,
)

_RESERVED: Final = {"check": "check_code"}  # fields whose name is a word of SQL
R = TypeVar("R", bound=tuple[Any, ...])


class Shape:
    """Some columns of a table, and how a record's fields become their values."""

    def __init__(self, table: Table, fields: Sequence[str], chosen: Sequence[str]) -> None:
        """`fields` are the record's, `chosen` those that belong to the shape, in the order of the row."""
        self.columns = tuple(_RESERVED.get(name, name) for name in chosen)
        places = [fields.index(name) for name in chosen]
        self._pick: Callable[[Row], Row] = itemgetter(*places)
        rest = [place for place, name in enumerate(fields) if name not in chosen]
        self._rest: Callable[[Row], object] = itemgetter(*rest) if rest else lambda _: None
        self._moments = _marked(table, self.columns, "moment")
        self._hex = _marked(table, self.columns, "hex")

    def encode(self, record: Row) -> Row:
        """The values to store."""
        values = list(self._pick(record))
        for place in self._moments:
            moment = values[place]
            if moment is not None:
                values[place] = to_micros(moment)
        for place in self._hex:
            values[place] = bytes.fromhex(values[place])
        return values

    def covers(self, old: Row, new: Row) -> bool:
        """Whether the two records differ in this shape's columns at most."""
        return self._rest(old) == self._rest(new)


class Codec(Generic[R]):
    """One kind of record and its table."""

    def __init__(self, table: Table, record: Callable[..., R], fields: tuple[str, ...], *, numbered: bool) -> None:
        """`numbered`: the database gives the row number."""
        self.table = table
        self.every = Shape(table, fields, fields)
        self.new = Shape(table, fields, fields[1:]) if numbered else self.every
        self.columns = self.every.columns
        self._fields = fields
        self._make: Callable[[Iterable[Any]], R] = record._make  # type: ignore[attr-defined]
        self._moments = _marked(table, self.columns, "moment")
        self._flags = _marked(table, self.columns, "flag")
        self._hex = _marked(table, self.columns, "hex")

    def shape(self, *chosen: str) -> Shape:
        """For updates: these fields, by row number."""
        return Shape(self.table, self._fields, (*chosen, "pk"))

    def without(self, *identity: str) -> Shape:
        """For updates: every field but these, by row number."""
        return self.shape(*(name for name in self._fields if name not in identity and name != "pk"))

    def decode(self, row: Row) -> R:
        """The record of a row (which may have more columns behind those of the record)."""
        values = list(row)
        for place in self._moments:
            micros = values[place]
            if micros is not None:
                values[place] = from_micros(micros)
        for place in self._flags:
            values[place] = values[place] == 1
        for place in self._hex:
            values[place] = values[place].hex()
        return self._make(values)


def _marked(table: Table, columns: Sequence[str], mark: str) -> tuple[int, ...]:
    return tuple(place for place, name in enumerate(columns) if table.c[name].info.get(mark))


ASSET: Final = Codec(tables.assets, AssetRecord, AssetRecord._fields, numbered=True)
PROBLEM: Final = Codec(tables.problems, Problem, Problem._fields, numbered=True)
TICKET: Final = Codec(tables.tickets, Ticket, Ticket._fields, numbered=False)
RUN: Final = Codec(tables.runs, RunRecord, RunRecord._fields, numbered=False)
ASK: Final = Codec(request_tables.asks, Ask, Ask._fields, numbered=False)
REQUEST: Final = Codec(request_tables.recheck_requests, OpenRequest, OpenRequest._fields, numbered=False)
PROBE: Final = Codec(tables.probes, ProbeDay, ProbeDay._fields, numbered=False)
STANDING: Final = Codec(tables.producer_standings, ProducerStanding, ProducerStanding._fields, numbered=False)
RHYTHM: Final = Codec(tables.producer_rhythms, ProducerRhythm, ProducerRhythm._fields, numbered=False)
NOTICE: Final = Codec(notice_tables.notices, Notice, Notice._fields, numbered=False)
WEEKLY: Final = Codec(notice_tables.weekly_mails, WeeklyMail, WeeklyMail._fields, numbered=False)
FOLLOWER: Final = Codec(tables.followers, Follower, Follower._fields, numbered=False)
PAST_PROBLEM: Final = Codec(past_tables.past_problems, PastProblem, PastProblem._fields, numbered=False)
PAST_RECORD: Final = Codec(past_tables.past_records, PastRecord, PastRecord._fields, numbered=False)
HISTORY: Final = Codec(tables.history, HistoryEntry, HistoryEntry._fields, numbered=False)

# From narrow to wide: counting; for tickets, time going by; everything. What nothing below changes never changes at
# all. A column that an index holds is not in the narrowest, so that a repeat touches no index.
PROBLEM_ROW: Final = tuple(tables.problems.c[name] for name in PROBLEM.columns)  # the record's; the table has more
BUT_FACTS: Final = PROBLEM.without("key", "fingerprint", "asset_pk", "check", "facts_json")
PROBLEM_SHAPES: Final = (
    PROBLEM.shape("first_seen_at", "last_seen_at", "count", "seen_by_json", "facts_json"),
    BUT_FACTS,
    PROBLEM.without("key", "fingerprint", "asset_pk", "check"),
)
TICKET_SHAPES: Final = (
    TICKET.shape("version", "occurrences", "first_seen_at", "last_seen_at", "seen_runs_json"),
    TICKET.shape(
        "version", "due_at", "provisional", "deadline_json", "rung", "plan_json", "next_review_at", "reminder_count"
    ),
    TICKET.without("ticket_id", "asset_pk", "check", "opened_at", "opened_by"),
)
ASSET_SHAPE: Final = ASSET.without("asset_id")


_FACTS: Final = Problem._fields.index("facts_json")


def without_facts(row: Row) -> Row:
    """A problem's row, without the texts that few decisions look at (O-16)."""
    return (*row[:_FACTS], None, *row[_FACTS + 1 :])
