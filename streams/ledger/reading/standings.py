"""What stood in a period, as it was known at a moment, asset by asset (rules S-3, S-5).

Read page by page, so that a nation's assets need no more memory than a page; never on the hot path, never inside a
transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import ColumnElement, Select, and_, or_, select, text

from schemas.registry import Asset
from streams.ledger.ledger import Ledger
from streams.ledger.moments import from_micros, to_micros
from streams.ledger.past_tables import looks, past_problems, past_records
from streams.ledger.reading.listing.lanes import called
from streams.ledger.reading.slips import of_page, slips
from streams.ledger.rows import ASSET, PAST_PROBLEM
from streams.ledger.tables import assets, problems
from streams.rules.scoring.spans import Known, Row, Span, at_place, in_order, spans
from streams.rules.scoring.stood import Period, Stood
from streams.rules.state.past import PastProblem
from streams.rules.state.records import AssetRecord

PAGE: Final = 500  # assets
_Key = tuple[int, bytes]
_PAST: Final = tuple(past_problems.c[name] for name in PAST_PROBLEM.columns)
_ROW: Final = (
    problems.c.asset_pk,
    problems.c.key,
    problems.c.recorded_at,
    problems.c.check_code,
    problems.c.locator,
    problems.c.ticket_pk,
    problems.c.status,
    problems.c.first_seen_at,
    problems.c.gone_at,
    problems.c.facts_json,
)


async def standings(
    ledger: Ledger, period: Period, zone: ZoneInfo, asset_id: str | None = None
) -> AsyncIterator[Stood]:
    """Every asset that was registered, looked at, or had a problem then, by its row number."""
    last = 0
    while True:
        query = select(assets).where(assets.c.pk > last).order_by(assets.c.pk).limit(PAGE)
        if asset_id is not None:
            query = query.where(called(asset_id))
        page = [ASSET.decode(row) for row in await ledger.read(query)]
        if not page:
            return
        last = page[-1].pk
        for stood in await _page(ledger, page, period, zone):
            if stood.asset.document_json is not None or stood.looked or stood.spans:
                yield stood


async def _page(ledger: Ledger, page: Sequence[AssetRecord], period: Period, zone: ZoneInfo) -> list[Stood]:
    pks = [asset.pk for asset in page]
    registered = await _registered(ledger, page, period.as_of)
    found = await _spans(ledger, pks, period)
    looked = await _looked(ledger, pks, period, zone)
    known = await slips(ledger, pks, period)
    return [
        Stood(registered[asset.pk], asset.pk in looked, found.get(asset.pk, []), known.get(asset.pk, {}))
        for asset in page
    ]


async def _registered(ledger: Ledger, page: Sequence[AssetRecord], as_of: datetime) -> dict[int, AssetRecord]:
    """The assets with their registry records as of the moment."""
    past = (
        select(past_records.c.record_id, past_records.c.document)
        .where(
            past_records.c.kind == "asset",
            past_records.c.record_id.in_([asset.asset_id for asset in page]),
            past_records.c.until > to_micros(as_of),
        )
        .order_by(past_records.c.pk.desc())
    )
    before = dict(tuple(row) for row in await ledger.read(past))
    return {
        asset.pk: _as_registered(asset, before[asset.asset_id]) if asset.asset_id in before else asset for asset in page
    }


def _as_registered(asset: AssetRecord, document: str | None) -> AssetRecord:
    if document is None:
        return asset._replace(document_json=None)
    record = Asset.model_validate_json(document)
    return asset._replace(
        document_json=document, unit_id=record.unit_id, name=record.name, kind=record.kind, region=record.region,
        code=record.code,
    )  # fmt: skip


async def _spans(ledger: Ledger, pks: Sequence[int], period: Period) -> dict[int, list[Span]]:
    begin = to_micros(period.begin)
    past: defaultdict[_Key, list[tuple[PastProblem, Known]]] = defaultdict(list)
    query = select(*_PAST).where(of_page(past_problems.c.asset_pk, pks), past_problems.c.until >= begin)
    for row in await ledger.read(query.order_by(past_problems.c.pk)):
        entry = PAST_PROBLEM.decode(row)
        past[entry.asset_pk, entry.key].append((entry, _known_then(entry)))
    touching = or_(problems.c.status == "open", problems.c.gone_at >= begin, problems.c.first_seen_at >= begin)
    rows = await _rows(ledger, _of(of_page(problems.c.asset_pk, pks)).where(touching))
    missing = {key for key in past if key not in rows}
    if missing:  # gone before the period, as was recorded later
        of_these = problems.c.asset_pk.in_({asset_pk for asset_pk, _ in missing})
        more = _of(of_these).where(problems.c.key.in_([key for _, key in missing]))
        rows |= {key: found for key, found in (await _rows(ledger, more)).items() if key in missing}
    until = period.counted_until
    made: defaultdict[int, list[Span]] = defaultdict(list)
    for key, found in rows.items():
        found.sort(key=lambda row: row.recorded_at)
        one = [
            span
            for span in spans(found, in_order(past.get(key, ())), period.as_of)
            if _touches(span, period.begin, until)
        ]
        made[key[0]] += one[-1:]  # what came back within the period is one problem still
    return {asset_pk: sorted(found, key=at_place) for asset_pk, found in made.items()}


def _touches(span: Span, begin: datetime, until: datetime) -> bool:
    if span.begin > until:
        return False
    received_at = span.known.received_at
    return span.end is None or span.end >= begin or (received_at is not None and received_at >= begin)


def _of(these: ColumnElement[bool]) -> Select[Any]:
    """Problems of assets; each part has an index of its own."""
    return select(*_ROW).where(these).order_by(problems.c.pk)


async def _rows(ledger: Ledger, query: Select[Any]) -> dict[_Key, list[Row]]:
    found: defaultdict[_Key, list[Row]] = defaultdict(list)
    for part in (text("problems.current"), text("not problems.current")):
        for asset_pk, key, recorded_at, *rest, facts in await ledger.read(query.where(and_(part))):
            found[asset_pk, key].append(Row(from_micros(recorded_at), _known(rest, orjson.loads(facts))))
    return dict(found)


def _known(row: Sequence[Any], facts: Mapping[str, Any]) -> Known:
    check, locator, ticket_pk, status, first_seen_at, gone_at = row
    received = facts.get("received_at")
    return Known(
        check,
        locator,
        ticket_pk,
        status,
        from_micros(first_seen_at),
        None if gone_at is None else from_micros(gone_at),
        facts.get("evidence") or {},
        datetime.fromisoformat(received) if received else None,
    )


def _known_then(entry: PastProblem) -> Known:
    return Known(
        entry.check,
        entry.locator,
        entry.ticket_pk,
        entry.status,
        entry.first_seen_at,
        entry.gone_at,
        orjson.loads(entry.evidence_json),
        None,
    )


async def _looked(ledger: Ledger, pks: Sequence[int], period: Period, zone: ZoneInfo) -> set[int]:
    query = (
        select(looks.c.asset_pk)
        .distinct()
        .where(
            of_page(looks.c.asset_pk, pks),
            looks.c.day.between(
                period.begin.astimezone(zone).toordinal(), period.counted_until.astimezone(zone).toordinal()
            ),
            looks.c.recorded_at <= to_micros(period.as_of),
        )
    )
    return {row[0] for row in await ledger.read(query)}
