"""Filling a ledger fast: a million open tickets in a minute or two, each row as the worker would have written it.

The real rules decide one finding of each check; all other tickets are copies of those, with names, numbers, keys and
ids of their own, written by the ledger's own row encoders and bulk statements.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Self
from zoneinfo import ZoneInfo

import asyncpg

from bench.workload import CHECKS, PLACES, finding, locator, registry, unit_of
from schemas.registry import Asset
from schemas.topics import Topics
from streams.files.calendar.builtin import builtin_calendar
from streams.files.policy.loading import load_policy
from streams.ledger.batch.recount import LANES_LEFT
from streams.ledger.engines.address import sqlite_path
from streams.ledger.engines.connect import connect
from streams.ledger.engines.port import Connector
from streams.ledger.engines.weights import Row
from streams.ledger.ledger import Ledger
from streams.ledger.moments import to_micros
from streams.ledger.numbers import BLOCK
from streams.ledger.rows import ASSET, HISTORY, NOTICE, PROBLEM, TICKET
from streams.rules.decide import decide
from streams.rules.intake.fingerprint import identify
from streams.rules.state.inputs import Observation
from streams.rules.state.records import AssetRecord
from streams.rules.state.snapshot import Now, Registry, Snapshot
from streams.worker.intake.reading import finding_reader

ZONE: Final = ZoneInfo("Asia/Shanghai")
STEP: Final = 20_000  # tickets a transaction
MAX_BYTES: Final = 1_048_576
_SIZE: Final = {
    "postgresql": "select pg_database_size(current_database())",
    "sqlite": "select page_count * page_size from pragma_page_count, pragma_page_size",
}


class _Record(NamedTuple):
    """As much of a Kafka record as a reader looks at."""

    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class _Pattern:
    """An encoded row, to be copied with other values in some columns."""

    def __init__(self, columns: Sequence[str], row: Row) -> None:
        self._row = list(row)
        self._places = {name: place for place, name in enumerate(columns)}

    def copy(self, **values: object) -> Row:
        """The row with these values, as far as it has such columns."""
        row, places = self._row.copy(), self._places
        for name, value in values.items():
            place = places.get(name)
            if place is not None:
                row[place] = value
        return row


class _Template(NamedTuple):
    """What the rules made of the first finding of one check."""

    check: str
    locator: str
    fingerprint: str
    facts_json: str
    ticket_id: str
    event_id: str
    body_json: str
    notice_id: bytes
    problem: _Pattern
    ticket: _Pattern
    event: _Pattern
    notice: _Pattern


class Filler:
    """Writes tickets of the workload's findings number by number, over so many registered assets."""

    def __init__(self, url: str, connector: Connector, assets: int, at: datetime, topics: Topics) -> None:
        """Comes from `open`."""
        self._url = url
        self._connector = connector
        self._assets = assets
        self._at = at
        self._topics = topics
        self._registry = Registry({}, builtin_calendar(), {}, ZONE)
        self._templates: list[_Template] = []
        self._pks: dict[int, int] = {}
        self._ahead = 0  # a ticket's row number less its finding's number

    @classmethod
    async def open(cls, url: str, assets: int, at: datetime, prefix: str = "rectify") -> Self:
        """Opens a new database and registers units and assets; `at`: when everything was found."""
        filler = cls(url, await connect(url), assets, at, Topics(prefix))
        await filler._register()
        filler._templates = [filler._decide(turn) for turn in range(len(CHECKS))]
        return filler

    async def close(self) -> None:
        """Lets go of the database."""
        await self._connector.close()

    async def _register(self) -> None:
        units, rows = {}, []
        for message in registry("", self._assets * PLACES * len(CHECKS)):
            kind, _, record_id = (message.key or b"").decode().partition(":")
            document = (message.value or b"").decode()
            if kind == "unit":
                units[record_id] = document
            else:
                asset = Asset.model_validate_json(document)
                record = AssetRecord(0, asset.asset_id, asset.unit_id, asset.name, asset.kind, None, document)
                rows.append(ASSET.new.encode(record))
        async with Ledger(self._connector, "bench").transaction() as tx:
            for unit_id, document in units.items():
                await tx.registry.save("unit", unit_id, document)
            self._registry = await tx.registry.load(ZONE)
        async with self._connector.session() as session:
            await session.insert_many(ASSET.table, ASSET.new.columns, rows)
            found = await session.rows("select pk, asset_id from assets")
            self._pks = {int(asset_id.rpartition("-")[2]): pk for pk, asset_id in found}

    def _decide(self, turn: int) -> _Template:
        """The finding of asset 0 with this check, by the real rules."""
        policy = load_policy(None)
        message = finding("", turn * self._assets, self._assets, "run-0", self._at.isoformat(timespec="seconds"))
        observation = finding_reader(policy, MAX_BYTES)(_Record(message.value or b""), self._at)
        assert isinstance(observation, Observation), observation
        asset = AssetRecord(self._pks[0], "site-00000", unit_of(0), "网站 0", "website", None, None)
        snapshot = Snapshot(self._registry, {asset.asset_id: asset}, {}, {}, {}, {}, set(), {}, iter([1]))
        change_set = decide(snapshot, [observation], Now(self._at, self._at), policy, self._topics).change_set
        (problem,), (ticket,) = change_set.problems, change_set.new_tickets
        (event,), (notice,) = change_set.history, change_set.notices
        sent = notice._replace(state="accepted", attempts=1, provider="email")
        return _Template(
            problem.check, problem.locator, problem.fingerprint, problem.whole_facts, ticket.ticket_id,
            event.event_id, event.body_json, bytes.fromhex(notice.notice_id),
            _Pattern(PROBLEM.new.columns, PROBLEM.new.encode(problem)),
            _Pattern(TICKET.columns, TICKET.every.encode(ticket)),
            _Pattern(HISTORY.columns, HISTORY.every.encode(event)),
            _Pattern(NOTICE.columns, NOTICE.every.encode(sent)),
        )  # fmt: skip

    async def fill(self, first: int, end: int, say: Callable[[str], None]) -> None:
        """Tickets for the findings `first` up to `end`."""
        async with self._connector.session() as session:
            next_pk = "nextval('ticket_numbers')" if session.dialect == "postgresql" else "coalesce(max(pk), 0) + 1"
            source = "" if session.dialect == "postgresql" else "from tickets"
            ((pk,),) = await session.rows(f"select {next_pk} {source}")
            self._ahead = pk - first
        for begin in range(first, end, STEP):
            upto = min(begin + STEP, end)
            problems, tickets, history, notices = zip(*map(self._copy, range(begin, upto)), strict=True)
            async with self._connector.session() as session:
                await session.insert_many(PROBLEM.table, PROBLEM.new.columns, problems)
                await session.insert_many(TICKET.table, TICKET.columns, tickets)
                await session.insert_many(HISTORY.table, HISTORY.columns, history)
                await session.insert_many(NOTICE.table, NOTICE.columns, notices)
            if upto % 250_000 == 0 or upto == end:
                say(f"{upto:,} open tickets in the ledger")
        async with self._connector.session() as session:
            if session.dialect == "postgresql":
                await session.rows("select setval('ticket_numbers', ?::bigint)", self._ahead + end + BLOCK)

    def _copy(self, number: int) -> tuple[Row, Row, Row, Row]:
        """Rows of one finding: its problem, its ticket, the event, the notice."""
        asset, turn = number % self._assets, number // self._assets
        old = self._templates[turn % len(CHECKS)]
        asset_id, unit_id, place = f"site-{asset:05d}", unit_of(asset), locator(f"site-{asset:05d}", number)
        key, fingerprint, _ = identify(asset_id, old.check, place)
        ticket_id = f"{old.ticket_id[:-8]}{number:08d}"

        def own(text: str) -> str:
            text = text.replace(old.locator, place).replace(old.ticket_id, ticket_id)
            text = text.replace(old.fingerprint, fingerprint)
            return text.replace("site-00000", asset_id).replace(unit_of(0), unit_id)

        shared = {"asset_pk": self._pks[asset], "ticket_pk": self._ahead + number, "unit_id": unit_id}
        said = own(old.facts_json)
        own_id, address = f"{number:012x}", f"duty@{unit_id}.gov.cn"
        return (
            old.problem.copy(**shared, key=key, fingerprint=fingerprint, locator=place, facts_json=said),
            old.ticket.copy(**shared, pk=shared["ticket_pk"], ticket_id=ticket_id),
            old.event.copy(**shared, event_id=own_id + old.event_id[12:], body_json=own(old.body_json)),
            old.notice.copy(**shared, notice_id=bytes.fromhex(own_id) + old.notice_id[6:], address=address),
        )

    async def make_due(self, count: int, begin: datetime, seconds: float) -> None:
        """Has the first so many tickets reminded one after the other within the seconds after `begin`."""
        rows: list[Row] = []
        for number in range(count):
            at = begin + timedelta(seconds=seconds * number / count)
            rows.append((to_micros(at), f'[["reminder","{at.isoformat()}"]]', self._ahead + number))
        async with self._connector.session() as session:
            await session.update_many(TICKET.table, ("next_review_at", "plan_json", "pk"), rows)

    async def handled(self, topic: str) -> int:
        """How many records of a topic the ledger has taken in."""
        rows = await self._connector.read("select next_offset, topic from source", ())
        return sum(offset for offset, name in rows if name == topic)

    async def is_recounting(self) -> bool:
        """Whether provisional deadlines are being counted again."""
        return bool(await self._connector.read(LANES_LEFT, ()))

    async def is_following(self) -> bool:
        """Whether tickets still follow a unit or an asset that was merged, moved or deleted."""
        return bool(await self._connector.read("select 1 from handovers union all select 1 from followers limit 1", ()))

    async def owned_by(self, unit_id: str) -> int:
        """How many open tickets a unit has."""
        statement = "select count(*) from tickets where unit_id = ? and closed_at is null"
        ((count,),) = await self._connector.read(statement, (unit_id,))
        return int(count)

    async def provisional(self) -> int:
        """How many deadlines are provisional."""
        ((count,),) = await self._connector.read("select count(*) from tickets where provisional", ())
        return int(count)

    async def age(self, copies: int) -> None:
        """So many more entries of history for each that is there, written by the database itself."""
        columns = "asset_pk, ticket_pk, at, type, body_json"
        numbers = " union all ".join(f"select {number} as copy" for number in range(copies))
        statement = (
            f"insert into history (event_id, {columns}) select event_id || '-' || copy, {columns} "  # noqa: S608
            f"from ({numbers}) as numbers cross join history"
        )
        await self._outside(statement)

    async def settle(self) -> None:
        """What a database does for itself while it grows at its own pace: statistics, and its log written back."""
        if self._connector.dialect == "postgresql":
            await self._outside("vacuum analyze")
            await self._outside("checkpoint")
        else:
            await self._outside("pragma wal_checkpoint(truncate)")

    async def size(self) -> int:
        """Bytes on disk, indexes and all."""
        ((size,),) = await self._connector.read(_SIZE[self._connector.dialect], ())
        return int(size)

    async def _outside(self, statement: str) -> None:
        """Beside the ledger: it may take long, and some of it knows no transaction."""
        path = sqlite_path(self._url)
        if path is not None:
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.execute(statement)
            return
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
