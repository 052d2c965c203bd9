"""What stood in a period, asset by asset: read page by page, so that a nation's assets need no more memory than a page.

Never on the hot path, never inside a transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import and_, or_, select, text

from streams.ledger.ledger import Ledger
from streams.ledger.moments import from_micros, to_micros
from streams.ledger.reading.listing.lanes import called
from streams.ledger.rows import ASSET
from streams.ledger.tables import assets, problems, runs, tickets
from streams.rules.scoring.scores import Standing, Stood
from streams.rules.state.terms import frozen_deadline

PAGE: Final = 1_000  # assets


async def standings(
    ledger: Ledger, begin: datetime, end: datetime, asset_id: str | None = None
) -> AsyncIterator[Stood]:
    """Every asset that is registered or has had a problem, by its row number (rule S-3)."""
    last = 0
    while True:
        query = select(assets).where(assets.c.pk > last).order_by(assets.c.pk).limit(PAGE)
        if asset_id is not None:
            query = query.where(called(asset_id))
        page = [ASSET.decode(row) for row in await ledger.read(query)]
        if not page:
            return
        pks = [asset.pk for asset in page]
        last = pks[-1]
        stood, covered = await _problems(ledger, pks, begin, end), await _covered(ledger, pks, begin, end)
        for asset in page:
            found = stood.get(asset.pk, [])
            if asset.document_json is not None or found:
                yield Stood(asset, asset.pk in covered, found)


async def _problems(
    ledger: Ledger, pks: Sequence[int], begin: datetime, end: datetime
) -> defaultdict[int, list[Standing]]:
    query = (
        select(
            problems.c.asset_pk,
            problems.c.check_code,
            problems.c.locator,
            problems.c.facts_json,
            problems.c.gone_at,
            tickets.c.due_at,
            tickets.c.due_unit,
            tickets.c.deadline_json,
            tickets.c.ticket_id,
        )
        .join(tickets, tickets.c.pk == problems.c.ticket_pk, isouter=True)
        .where(
            problems.c.asset_pk.in_(pks),
            text("problems.current"),
            problems.c.first_seen_at <= to_micros(end),
            or_(
                problems.c.status == "open",
                and_(problems.c.status == "gone", problems.c.gone_at >= to_micros(begin)),
            ),
        )
        .order_by(problems.c.asset_pk, problems.c.check_code, problems.c.locator)
    )
    found: defaultdict[int, list[Standing]] = defaultdict(list)
    for asset_pk, check, locator, facts, gone_at, due_at, due_unit, deadline_json, ticket_id in await ledger.read(
        query
    ):
        found[asset_pk].append(
            Standing(
                check,
                locator,
                orjson.loads(facts).get("evidence") or {},
                None if gone_at is None else from_micros(gone_at),
                None if due_at is None else _true_due_at(from_micros(due_at), due_unit, deadline_json),
                ticket_id,
            )
        )
    return found


def _true_due_at(due_at: datetime, due_unit: str, deadline_json: str) -> datetime:
    return frozen_deadline(deadline_json, due_at, due_unit, provisional=False).true_due_at


async def _covered(ledger: Ledger, pks: Sequence[int], begin: datetime, end: datetime) -> set[int]:
    query = (
        select(runs.c.asset_pk)
        .distinct()
        .where(
            runs.c.asset_pk.in_(pks),
            runs.c.state != "failed",
            runs.c.evidence_at >= to_micros(begin),
            runs.c.evidence_at <= to_micros(end),
        )
    )
    return {row[0] for row in await ledger.read(query)}
