"""What people ask: lists and single tickets for the command line. Never on the hot path, never inside a transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, select, text, tuple_

from streams.ledger.ledger import Ledger
from streams.ledger.moments import to_micros
from streams.ledger.notice_tables import notices
from streams.ledger.reading.listing.lanes import called
from streams.ledger.reading.listing.names import numbered
from streams.ledger.request_tables import asks, recheck_requests
from streams.ledger.rows import ASK, ASSET, HISTORY, NOTICE, PROBLEM, PROBLEM_ROW, REQUEST, RUN, TICKET
from streams.ledger.tables import assets, former_keys, history, problems, registry, runs, tickets
from streams.rules.state.records import Ask, AssetRecord, HistoryEntry, Notice, OpenRequest, Problem, RunRecord, Ticket

PAGE: Final = 1_000  # rows of a list that is read to its end


def with_asset(row: Any) -> tuple[Ticket, AssetRecord]:
    """A row of `tickets` joined with `assets`."""
    width = len(TICKET.columns)
    values = tuple(row)
    return TICKET.decode(values[:width]), ASSET.decode(values[width:])


async def ticket_called(ledger: Ledger, ticket_id: str) -> tuple[Ticket, AssetRecord] | None:
    """The ticket of this id."""
    query = select(tickets, assets).join(assets, assets.c.pk == tickets.c.asset_pk)
    rows = await ledger.read(query.where(tickets.c.ticket_id == ticket_id))
    return with_asset(rows[0]) if rows else None


async def tickets_called(ledger: Ledger, ticket_ids: Sequence[str]) -> list[tuple[Ticket, AssetRecord]]:
    """The tickets of these ids, by id."""
    query = select(tickets, assets).join(assets, assets.c.pk == tickets.c.asset_pk)
    query = query.where(tickets.c.ticket_id.in_(ticket_ids)).order_by(tickets.c.ticket_id)
    return [with_asset(row) for row in await ledger.read(query)] if ticket_ids else []


async def find_tickets(ledger: Ledger, ticket_id: str, *, limit: int = 5) -> list[tuple[Ticket, AssetRecord]]:
    """The ticket of this id; if there is none, those whose id begins like that (one, if the prefix is unique)."""
    exact = await ticket_called(ledger, ticket_id)
    if exact is not None or not ticket_id:
        return [] if exact is None else [exact]
    begins = select(tickets, assets).join(assets, assets.c.pk == tickets.c.asset_pk).where(numbered(ticket_id))
    return [with_asset(row) for row in await ledger.read(begins.order_by(tickets.c.ticket_id).limit(limit))]


async def problems_of(ledger: Ledger, ticket_pk: int, *, limit: int = 50, offset: int = 0) -> list[Problem]:
    """A page of a ticket's problems, also those that a recurrence has replaced since."""
    query = select(*PROBLEM_ROW).where(problems.c.ticket_pk == ticket_pk).order_by(problems.c.ordinal, problems.c.pk)
    return [PROBLEM.decode(row) for row in await ledger.read(query.limit(limit).offset(offset))]


async def each_problem(ledger: Ledger, ticket_pk: int, *, page: int = PAGE) -> AsyncIterator[Problem]:
    """All of a ticket's problems in their order, however many, a page at a time."""
    query = select(*PROBLEM_ROW).where(problems.c.ticket_pk == ticket_pk).order_by(problems.c.ordinal, problems.c.pk)
    place = tuple_(problems.c.ordinal, problems.c.pk)
    last = (-1, -1)
    while rows := await ledger.read(query.where(place > tuple_(*last)).limit(page)):
        for row in rows:
            problem = PROBLEM.decode(row)
            yield problem
        last = (problem.ordinal, problem.pk)


async def history_of(ledger: Ledger, ticket_pk: int) -> list[HistoryEntry]:
    """What happened to a ticket, oldest first."""
    columns = [history.c[name] for name in HISTORY.columns]
    query = select(*columns).where(history.c.ticket_pk == ticket_pk).order_by(history.c.pk)
    return [HISTORY.decode(row) for row in await ledger.read(query)]


async def notices_of(ledger: Ledger, ticket_pk: int) -> list[Notice]:
    """Every notice of a ticket, oldest first."""
    columns = [notices.c[name] for name in NOTICE.columns]
    query = select(*columns).where(notices.c.ticket_pk == ticket_pk)
    query = query.order_by(notices.c.created_at, notices.c.notice_id)
    return [NOTICE.decode(row) for row in await ledger.read(query)]


async def asks_of(ledger: Ledger, ticket_pks: Collection[int]) -> list[Ask]:
    """The open asks of tickets, the oldest first."""
    query = select(asks).where(asks.c.ticket_pk.in_(ticket_pks)).order_by(asks.c.asked_at, asks.c.kind)
    return [ASK.decode(row) for row in await ledger.read(query)] if ticket_pks else []


async def requests_of(ledger: Ledger, ticket: Ticket, shown: Collection[Problem]) -> list[OpenRequest]:
    """The open recheck requests of a ticket: those that it made, and those about its shown problems."""
    keys = {problem.key for problem in shown}
    query = (
        select(recheck_requests)
        .where(recheck_requests.c.asset_pk == ticket.asset_pk)
        .order_by(recheck_requests.c.requested_at)
    )
    found = [REQUEST.decode(row) for row in await ledger.read(query)]
    return [request for request in found if request.ticket_pk == ticket.pk or request.key in keys]


async def former_keys_of(ledger: Ledger, shown: Collection[Problem]) -> dict[bytes, list[bytes]]:
    """What the identities of these problems were before (rule D-14), by what they are now."""
    found: defaultdict[bytes, list[bytes]] = defaultdict(list)
    if shown:
        assets_of = {problem.asset_pk for problem in shown}
        query = select(former_keys.c.key, former_keys.c.former).where(
            former_keys.c.asset_pk.in_(assets_of), former_keys.c.key.in_([problem.key for problem in shown])
        )
        for key, former in await ledger.read(query.order_by(former_keys.c.former)):
            found[bytes(key)].append(bytes(former))
    return dict(found)


async def held_runs(ledger: Ledger) -> list[tuple[RunRecord, AssetRecord]]:
    """The runs that wait for `accept_run` or `reject_run`."""
    query = select(runs, assets).join(assets, assets.c.pk == runs.c.asset_pk).where(runs.c.state == "held")
    width = len(RUN.columns)
    found = [tuple(row) for row in await ledger.read(query.order_by(assets.c.asset_id, runs.c.source, runs.c.run_id))]
    return [(RUN.decode(row[:width]), ASSET.decode(row[width:])) for row in found]


async def suspected_problems(
    ledger: Ledger, *, asset_id: str | None = None, seen_since: datetime | None = None, limit: int = 50
) -> list[tuple[Problem, AssetRecord]]:
    """Problems that wait for confirmation (rule D-6), the latest seen first; a partial index holds them."""
    return await _without_ticket(ledger, text("current and status = 'suspected'"), asset_id, seen_since, limit)


async def warned_problems(
    ledger: Ledger, *, asset_id: str | None = None, limit: int = 50
) -> list[tuple[Problem, AssetRecord]]:
    """Problems that are warned of (rule D-7), the latest seen first: of the assets with warnings in their history.

    A gone one may be back before its line.
    """
    warned = select(history.c.asset_pk).where(text("ticket_pk is null and type = 'warned'"))
    condition = text("current and status in ('warned', 'gone') and suspicion_json like '%\"warned\"%'")
    return await _without_ticket(ledger, condition, asset_id, None, limit, problems.c.asset_pk.in_(warned))


async def _without_ticket(
    ledger: Ledger,
    condition: Any,
    asset_id: str | None,
    seen_since: datetime | None,
    limit: int,
    *conditions: ColumnElement[bool],
) -> list[tuple[Problem, AssetRecord]]:
    # The condition is literal: a database cannot tell that a partial index fits a parameter.
    query = select(*PROBLEM_ROW, assets).join(assets, assets.c.pk == problems.c.asset_pk).where(condition, *conditions)
    query = query.where(problems.c.suspicion_json.is_not(None))
    if asset_id is not None:
        query = query.where(called(asset_id))
    if seen_since is not None:
        query = query.where(problems.c.last_seen_at >= to_micros(seen_since))
    width = len(PROBLEM.columns)
    found = [tuple(row) for row in await ledger.read(query.order_by(problems.c.last_seen_at.desc()).limit(limit))]
    return [(PROBLEM.decode(row[:width]), ASSET.decode(row[width:])) for row in found]


async def list_assets(ledger: Ledger, *, limit: int = 50, offset: int = 0) -> list[AssetRecord]:
    """Every asset heard of, registered or not, by id."""
    query = select(assets).order_by(assets.c.asset_id).limit(limit).offset(offset)
    return [ASSET.decode(row) for row in await ledger.read(query)]


async def registered_assets(ledger: Ledger) -> AsyncIterator[str]:
    """The JSON of every registered asset, by id, page after page."""
    last = ""
    while True:
        query = select(assets.c.asset_id, assets.c.document_json).where(
            assets.c.asset_id > last, assets.c.document_json.is_not(None)
        )
        page = await ledger.read(query.order_by(assets.c.asset_id).limit(PAGE))
        for last, document in page:  # noqa: B007 - the last one read begins the next page
            yield document
        if len(page) < PAGE:
            return


async def registered(ledger: Ledger, keys: Sequence[str]) -> dict[str, str]:
    """Of these keys (`asset:<id>`, `unit:<id>` ...) those that are registered, each with its JSON."""
    ids: dict[str, list[str]] = {}
    for key in keys:
        kind, _, record_id = key.partition(":")
        ids.setdefault(kind, []).append(record_id)
    found: dict[str, str] = {}
    for kind, wanted in ids.items():
        if kind == "asset":
            query = select(assets.c.asset_id, assets.c.document_json).where(
                assets.c.asset_id.in_(wanted), assets.c.document_json.is_not(None)
            )
        else:
            query = select(registry.c.id, registry.c.document).where(
                registry.c.kind == kind, registry.c.id.in_(wanted), registry.c.document.is_not(None)
            )
        found |= {f"{kind}:{record_id}": document for record_id, document in await ledger.read(query)}
    return found


async def registry_documents(ledger: Ledger, kind: str) -> dict[str, str]:
    """By id, the JSON of the registered units (`unit`), calendars (`calendar`) or guarded periods (`guarded`)."""
    query = select(registry.c.id, registry.c.document).where(registry.c.kind == kind, registry.c.document.is_not(None))
    return {row[0]: row[1] for row in await ledger.read(query.order_by(registry.c.id))}
