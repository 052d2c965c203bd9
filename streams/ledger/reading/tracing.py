"""What became of one message: how far its partition has been read, and what the ledger has of its problem or run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from streams.ledger.ledger import Ledger
from streams.ledger.rows import PROBLEM, PROBLEM_ROW, RUN, TICKET
from streams.ledger.tables import assets, former_keys, problems, runs, source, tickets
from streams.rules.state.records import Problem, RunRecord, Ticket


class ReadTo(NamedTuple):
    """How far a partition has been read."""

    next_offset: int
    epoch: int


async def read_to(ledger: Ledger, topic: str, partition: int) -> ReadTo | None:
    """None: nothing of it has been read."""
    query = select(source.c.next_offset, source.c.epoch).where(source.c.topic == topic, source.c.partition == partition)
    rows = await ledger.read(query)
    return ReadTo(*rows[0]) if rows else None


async def problems_known_as(
    ledger: Ledger, asset_id: str, keys: Sequence[bytes]
) -> list[tuple[Problem, Ticket | None]]:
    """The problems of an asset that have, or had (D-14), one of these identities, the latest first; with tickets."""
    pk = select(assets.c.pk).where(assets.c.asset_id == asset_id).scalar_subquery()
    renamed = select(former_keys.c.key).where(former_keys.c.asset_pk == pk, former_keys.c.former.in_(keys))
    every = [*keys, *(row[0] for row in await ledger.read(renamed))]
    query = (
        select(*PROBLEM_ROW, tickets)
        .outerjoin(tickets, tickets.c.pk == problems.c.ticket_pk)
        .where(problems.c.asset_pk == pk, problems.c.key.in_(every))
        .order_by(problems.c.pk.desc())
    )
    width = len(PROBLEM.columns)
    found = [tuple(row) for row in await ledger.read(query)]
    return [
        (PROBLEM.decode(row[:width]), TICKET.decode(row[width:]) if row[width] is not None else None) for row in found
    ]


async def run_named(ledger: Ledger, asset_id: str, name: str, run_id: str) -> RunRecord | None:
    """What is known of a producer's run over an asset."""
    query = (
        select(runs)
        .join(assets, assets.c.pk == runs.c.asset_pk)
        .where(assets.c.asset_id == asset_id, runs.c.source == name, runs.c.run_id == run_id)
    )
    rows = await ledger.read(query)
    return RUN.decode(rows[0]) if rows else None
