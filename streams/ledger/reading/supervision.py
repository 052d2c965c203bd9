"""What waits for those who supervise and is no ticket: page by page behind a place, and how many there are at most.

Each list has an index of its own, whose condition stands here as it stands there: a database cannot tell that a
parameter is what a partial index says.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Select, and_, desc, func, null, or_, select, text, tuple_

from streams.ledger.batch.set_aside import SetAside
from streams.ledger.ledger import Ledger
from streams.ledger.moments import from_micros, to_micros
from streams.ledger.notice_tables import UNDELIVERED, notices
from streams.ledger.reading.links import Recorded
from streams.ledger.reading.listing.listing import COUNTED, WITHIN
from streams.ledger.reading.notices import NoticeRow, notice_row, notice_rows
from streams.ledger.rows import ASSET, PROBLEM, RHYTHM, RUN
from streams.ledger.tables import (
    ANSWERS,
    assets,
    history,
    problems,
    producer_rhythms,
    runs,
    set_aside,
    source,
    tickets,
)
from streams.rules.intake.dead_letter_limits import WINDOW, WatchedProducer, read
from streams.rules.state.records import AssetRecord, Problem, ProducerRhythm, RunRecord

Units = Collection[str] | None
"""Of which units; None: of all, and of nobody."""
_LATEST: Final = 100  # answers of an asset: more do not come between a command and whoever waits for it


class OpenPlace(NamedTuple):
    """An open problem without its facts, and whose ticket it belongs to."""

    problem: Problem
    ticket_id: str
    unit_id: str | None


class RefusedProducer(NamedTuple):
    """A producer that has had messages refused on a partition within the hour (I-8)."""

    topic: str
    partition: int
    producer: str  # empty: of those that name none
    watched: WatchedProducer


async def counted(ledger: Ledger, query: Select[Any]) -> int:
    """How many rows, COUNTED + 1 where there are more. Raises TooSlow."""
    some = query.limit(COUNTED + 1).subquery()
    ((count,),) = await ledger.read(select(func.count()).select_from(some), within=WITHIN)
    return int(count)


class HeldFilter(NamedTuple):
    """Which held runs; what is None does not matter."""

    units: Units = None
    source: str | None = None
    held_by: str | None = None  # a rule


def _held(chosen: HeldFilter) -> Select[Any]:
    query = select(runs.c.run_id).select_from(runs.join(assets, assets.c.pk == runs.c.asset_pk))
    query = query.where(text("runs.state = 'held'"))
    if chosen.units is not None:
        query = query.where(assets.c.unit_id.in_(chosen.units))
    if chosen.source is not None:
        query = query.where(runs.c.source == chosen.source)
    return query if chosen.held_by is None else query.where(runs.c.held_by == chosen.held_by)


async def count_held_runs(ledger: Ledger, chosen: HeldFilter) -> int:
    """Runs that wait for `accept_run` or `reject_run`."""
    return await counted(ledger, _held(chosen))


async def held_runs_behind(
    ledger: Ledger, last: tuple[str, str, str], limit: int, chosen: HeldFilter
) -> list[tuple[RunRecord, AssetRecord]]:
    """Held runs by asset, source and id."""
    place = tuple_(assets.c.asset_id, runs.c.source, runs.c.run_id)
    query = _held(chosen).with_only_columns(*runs.c, *assets.c).where(place > tuple_(*last)).order_by(*place.clauses)
    return [_run(row) for row in await ledger.read(query.limit(limit), within=WITHIN)]


async def held_of_producers(ledger: Ledger, units: Units, most: int) -> dict[str, int]:
    """How many held runs each producer has, of those that have several; most first."""
    many = func.count()
    query = _held(HeldFilter(units)).with_only_columns(runs.c.source, many).group_by(runs.c.source).having(many > 1)
    rows = await ledger.read(query.order_by(many.desc(), runs.c.source).limit(most), within=WITHIN)
    return {row[0]: row[1] for row in rows}


async def run_named(ledger: Ledger, asset_id: str, of_source: str, run_id: str) -> tuple[RunRecord, AssetRecord] | None:
    """A run, whatever has become of it."""
    query = select(runs, assets).join(assets, assets.c.pk == runs.c.asset_pk)
    query = query.where(assets.c.asset_id == asset_id, runs.c.source == of_source, runs.c.run_id == run_id)
    rows = await ledger.read(query)
    return _run(rows[0]) if rows else None


async def runs_of_producer(
    ledger: Ledger, of_source: str, named: Collection[tuple[str, str]]
) -> list[tuple[RunRecord, AssetRecord]]:
    """Those of these runs that there are, whatever has become of them; `named`: assets' and runs' ids."""
    query = (
        select(runs, assets)
        .join(assets, assets.c.pk == runs.c.asset_pk)
        .where(
            assets.c.asset_id.in_({asset_id for asset_id, _ in named}),
            runs.c.source == of_source,
            runs.c.run_id.in_({run_id for _, run_id in named}),
        )
    )
    found = map(_run, await ledger.read(query.order_by(assets.c.asset_id, runs.c.run_id), within=WITHIN))
    return [(run, asset) for run, asset in found if (asset.asset_id, run.run_id) in named]


def _run(row: Any) -> tuple[RunRecord, AssetRecord]:
    width = len(RUN.columns)
    values = tuple(row)
    return RUN.decode(values[:width]), ASSET.decode(values[width:])


async def open_problems_of_asset(ledger: Ledger, asset_pk: int) -> list[OpenPlace]:
    """Its open problems without their facts, in the order of tickets and ordinals."""
    columns = [null().label(name) if name == "facts_json" else problems.c[name] for name in PROBLEM.columns]
    query = (
        select(*columns, tickets.c.ticket_id, tickets.c.unit_id)
        .join(tickets, tickets.c.pk == problems.c.ticket_pk)
        .where(problems.c.asset_pk == asset_pk, text("problems.current"), problems.c.status == "open")
        .order_by(problems.c.ticket_pk, problems.c.ordinal)
    )
    rows = map(tuple, await ledger.read(query, within=WITHIN))
    return [OpenPlace(PROBLEM.decode(row[:-2]), *row[-2:]) for row in rows]


async def answers_about_runs(ledger: Ledger, asset_id: str) -> list[Recorded]:
    """The latest events that answer commands about runs of an asset, the newest first."""
    of_asset = select(assets.c.pk).where(assets.c.asset_id == asset_id).scalar_subquery()
    query = select(history.c.body_json, history.c.sentence).where(history.c.asset_pk == of_asset, text(ANSWERS))
    rows = await ledger.read(query.order_by(history.c.pk.desc()).limit(_LATEST))
    return [Recorded(orjson.loads(body), told or "") for body, told in rows]


def _unregistered() -> Select[Any]:
    return select(assets).where(text("document_json is null"))


async def count_unregistered(ledger: Ledger) -> int:
    """Assets that were heard of, and that the registry does not have."""
    return await counted(ledger, _unregistered().with_only_columns(assets.c.asset_id))


async def unregistered_behind(ledger: Ledger, last: str, limit: int) -> list[AssetRecord]:
    """These, by id."""
    query = _unregistered().where(assets.c.asset_id > last).order_by(assets.c.asset_id).limit(limit)
    return [ASSET.decode(row) for row in await ledger.read(query, within=WITHIN)]


async def count_silent_producers(ledger: Ledger) -> int:
    """Producers that ran regularly and do not any more (R-41)."""
    return await counted(ledger, select(producer_rhythms.c.source).where(text("silent_at is not null")))


async def silent_producers_behind(ledger: Ledger, last: str, limit: int) -> list[ProducerRhythm]:
    """These, by source."""
    query = select(*(producer_rhythms.c[name] for name in RHYTHM.columns)).where(text("silent_at is not null"))
    query = query.where(producer_rhythms.c.source > last).order_by(producer_rhythms.c.source).limit(limit)
    return [RHYTHM.decode(row) for row in await ledger.read(query, within=WITHIN)]


async def count_set_aside(ledger: Ledger) -> int:
    """Rows that failed by a fault of ours (O-14)."""
    return await counted(ledger, select(set_aside.c.pk))


async def set_aside_behind(ledger: Ledger, last: int, limit: int) -> list[SetAside]:
    """These, in the order in which they were set aside."""
    names = ("pk", "kind", "name", "due_at", "noted_at", "attempts", "fault")
    query = select(*(set_aside.c[name] for name in names)).where(set_aside.c.pk > last).order_by(set_aside.c.pk)
    return [
        SetAside(pk, kind, name, None if due is None else from_micros(due), from_micros(at), attempts, fault)
        for pk, kind, name, due, at, attempts, fault in await ledger.read(query.limit(limit))
    ]


async def refused_producers(ledger: Ledger, real: datetime) -> list[RefusedProducer]:
    """Of every partition, by topic, partition and name: at most a hundred of each."""
    query = select(source.c.topic, source.c.partition, source.c.refused_json).where(source.c.refused_json.is_not(None))
    return [
        RefusedProducer(topic, partition, name, watched)
        for topic, partition, kept in await ledger.read(query.order_by(source.c.topic, source.c.partition))
        for name, watched in sorted(read(kept).items())
        if watched.refused and real - watched.since < WINDOW
    ]


def _undelivered(since: datetime, units: Units) -> Select[Any]:
    query = notice_rows().where(text(f"notices.{UNDELIVERED}"), notices.c.updated_at >= to_micros(since))
    if units is None:
        return query
    of_none = and_(tickets.c.pk.is_(None), assets.c.unit_id.in_(units))
    return query.where(or_(tickets.c.unit_id.in_(units), of_none))


async def count_undelivered(ledger: Ledger, since: datetime, units: Units) -> int:
    """Notices that changed since then, and of which it is known that they have not arrived."""
    return await counted(ledger, _undelivered(since, units).with_only_columns(notices.c.notice_id))


async def undelivered_behind(
    ledger: Ledger, since: datetime, last: tuple[int, bytes] | None, limit: int, units: Units
) -> list[NoticeRow]:
    """These, the latest first; `last`: microseconds of its change, and its id. Of units: about their tickets."""
    query = _undelivered(since, units)
    if last is not None:
        query = query.where(tuple_(notices.c.updated_at, notices.c.notice_id) < tuple_(*last))
    query = query.order_by(desc(notices.c.updated_at), desc(notices.c.notice_id)).limit(limit)
    return [notice_row(row) for row in await ledger.read(query, within=WITHIN)]
