"""What people ask of the ledger."""

import pytest

from streams.ledger import Ledger
from streams.ledger.reading.counts import counts
from streams.ledger.reading.open_tickets import open_tickets
from streams.ledger.reading.queries import (
    find_tickets,
    held_runs,
    history_of,
    list_assets,
    notices_of,
    problems_of,
)
from streams.rules.state.snapshot import ChangeSet
from tests.support.ledger import asset_pk, at, event, notice, open_ticket, problem, run, save


@pytest.fixture
async def filled(ledger: Ledger) -> Ledger:
    """Return a ledger with five tickets of two assets."""
    asset, other = await asset_pk(ledger), await asset_pk(ledger, "asset-2")
    base = open_ticket(1, "base", asset)
    tickets = [
        base._replace(pk=1, ticket_id="ZG1-A", due_at=at(days=3)),
        base._replace(pk=2, ticket_id="ZG1-B", due_at=at(days=-2), unit_id="unit-2", status="acknowledged"),
        base._replace(pk=3, ticket_id="ZG2-A", due_at=at(days=1), asset_pk=other, status="claimed"),
        base._replace(pk=4, ticket_id="ZG2-B", due_at=at(days=-9), status="closed", closed_at=at(days=-1)),
        base._replace(pk=5, ticket_id="ZG2_B", due_at=at(days=-1), check="text.typo", unit_id=None),
    ]
    problems = [problem(f"p{ordinal}", asset, 1, ordinal) for ordinal in range(1, 61)]
    history = [event(asset, 1), event(asset, 2), event(asset, 1, "overdue"), event(asset, None, "warned")]
    runs = [run(asset)._replace(state="held"), run(asset, "run-2")]
    notices = [notice("a", 1, asset), notice("b", 1, asset)._replace(state="dead")]
    await save(ledger, ChangeSet(problems, tickets, runs=runs, history=history, notices=notices))
    return ledger


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("ZG1-A", ["ZG1-A"]),
        ("ZG1", ["ZG1-A", "ZG1-B"]),
        ("ZG2_", ["ZG2_B"]),
        ("ZG9", []),
        ("%", []),
        ("", []),
    ],
)
async def test_a_ticket_by_id_or_prefix(filled: Ledger, wanted: str, expected: list[str]) -> None:
    """The id itself before anything that begins like it; wildcards mean nothing."""
    assert [ticket.ticket_id for ticket, _ in await find_tickets(filled, wanted)] == expected


async def test_all_of_a_ticket(filled: Ledger) -> None:
    """Its problems page by page, its history, its notices."""
    assert [p.ordinal for p in await problems_of(filled, 1)] == [*range(1, 51)]
    assert [p.ordinal for p in await problems_of(filled, 1, offset=50)] == [*range(51, 61)]
    assert [entry.type for entry in await history_of(filled, 1)] == ["opened", "overdue"]
    assert {n.state for n in await notices_of(filled, 1)} == {"pending", "dead"}


async def test_held_runs_and_assets(filled: Ledger) -> None:
    """What waits for a person, and what is known."""
    ((held, asset),) = await held_runs(filled)
    assert (held.run_id, asset.asset_id) == ("run-1", "asset-1")
    assert [asset.asset_id for asset in await list_assets(filled)] == ["asset-1", "asset-2"]


@pytest.mark.parametrize("page", [1, 2, 1_000])
async def test_all_open_tickets_pass_by_once(filled: Ledger, page: int) -> None:
    """Whatever the size of a page; with the kind of the asset, and the first problem where there is one."""
    pages = [found async for found in open_tickets(filled, page=page)]
    assert all(len(found) <= page for found in pages)
    tickets = [ticket for found in pages for ticket in found]
    assert [ticket.pk for ticket in tickets] == [1, 2, 3, 5]
    first, second = tickets[:2]
    assert (first.check, first.counted_from, first.due_unit) == ("link.dead", at(minutes=-30), "working_day")
    assert (first.due_at, first.deadline.row, first.provisional, first.guarded) == (
        at(days=3),
        "link.dead",
        False,
        True,
    )
    assert (first.asset_kind, first.facts_json) == (None, '{"title": "链接失效"}')
    assert second.facts_json is None


async def test_counts(filled: Ledger) -> None:
    """Tickets by status, the overdue ones, notices by state."""
    found = await counts(filled, at())
    assert found.tickets == {"open": 2, "acknowledged": 1, "claimed": 1, "closed": 1}
    assert found.overdue == 2
    assert found.notices == {"pending": 1, "dead": 1}
