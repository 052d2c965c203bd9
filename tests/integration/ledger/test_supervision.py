"""What the desk counts and lists beside tickets: by which index, and page by page; on both databases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from streams.ledger import Ledger
from streams.ledger.moments import to_micros
from streams.ledger.reading.supervision import (
    HeldFilter,
    answers_about_runs,
    count_held_runs,
    count_undelivered,
    count_unregistered,
    held_runs_behind,
    open_problems_of_asset,
    undelivered_behind,
    unregistered_behind,
)
from streams.ledger.reading.trends import OpenOfCheck, in_spans, open_by_check
from streams.ledger.reading.unit_ranking import UnitFigures, unit_figures
from streams.rules.state.records import HistoryEntry
from streams.rules.state.snapshot import ChangeSet, Needs
from streams.rules.state.text import to_json
from tests.support.ledger import asset_pk, at, key, load, notice, open_ticket, problem, run, save
from tests.support.plans import plans_of, scans

MANY = 3_000
SINCE = at(days=-1)
READS: dict[str, tuple[str, Callable[[Ledger], Awaitable[Any]]]] = {
    "unregistered": ("assets_unregistered", count_unregistered),
    "their list": ("assets_unregistered", lambda ledger: unregistered_behind(ledger, "asset-1", 2)),
    "undelivered": ("notices_undelivered", lambda ledger: count_undelivered(ledger, SINCE, None)),
    "their list, of some": (
        "notices_undelivered",
        lambda ledger: undelivered_behind(ledger, SINCE, (to_micros(at()), b""), 2, {"unit-1"}),
    ),
    "held": ("runs_held", lambda ledger: count_held_runs(ledger, HeldFilter())),
    "held, of some": ("runs_held", lambda ledger: held_runs_behind(ledger, ("", "", ""), 2, HeldFilter({"unit-1"}))),
    "answers": ("history_of_answers", lambda ledger: answers_about_runs(ledger, "asset-7")),
    "an asset's": ("problems_by_key", lambda ledger: open_problems_of_asset(ledger, 7)),
}


async def test_the_index_is_walked(ledger: Ledger) -> None:
    """Of thousands of registered assets, delivered notices, settled runs and other events nothing is read."""
    names = [f"asset-{number}" for number in range(MANY)]
    assets = (await load(ledger, Needs(asset_ids=set(names)))).assets
    pks = [assets[name].pk for name in names]
    tickets = [open_ticket(number, str(number), pk) for number, pk in enumerate(pks, 1)]
    await save(
        ledger,
        ChangeSet(
            problems=[problem(f"p{one.pk}", one.asset_pk, one.pk, 1) for one in tickets],
            new_tickets=tickets,
            notices=[notice(f"n{one.pk}", one.pk, one.asset_pk) for one in tickets],
            runs=[run(pk) for pk in pks],
            history=[HistoryEntry(key(f"e{pk}").hex(), pk, None, at(), "warned", "{}") for pk in pks],
        ),
    )
    async with ledger.transaction() as tx:
        for statement in (
            "update assets set document_json = '{}', unit_id = 'unit-1' where pk > 5",
            "update runs set state = case when asset_pk < 5 then 'held' else 'settled' end",
            "update notices set state = 'delivered' where ticket_pk > 5",
            "update notices set state = 'dead' where ticket_pk <= 5",
            "update history set type = 'run_accepted' where asset_pk % 500 = 7",
            "analyze",
        ):
            await tx._session.rows(statement)
    for name, (index, read) in READS.items():
        with plans_of(ledger) as plans:
            await read(ledger)
        for plan in plans:
            assert index in plan, (name, plan)
            assert not any(scans(plan, table) for table in ("tickets", "notices", "runs", "history")), (name, plan)
    with plans_of(ledger) as plans:
        await unit_figures(ledger, at(), at(days=-100), at(days=-99), None)
    of_period = plans[2:]  # what is open is all of it
    assert [("tickets_opened" in plan, "tickets_closed" in plan) for plan in of_period] == [
        (True, False), (False, True), (False, True),
    ]  # fmt: skip


async def test_units_side_by_side(ledger: Ledger) -> None:
    """What is open and late now, what came and ended in a period: its end is not in it, its beginning is."""
    asset = await asset_pk(ledger)
    base = open_ticket(1, "x", asset)._replace(opened_at=at(days=-9), due_at=at(days=2))
    tickets = [
        base._replace(pk=1, ticket_id="A", due_at=at(days=-3)),
        base._replace(pk=2, ticket_id="B", due_at=at(days=-5), status="acknowledged", opened_at=at(days=-1)),
        base._replace(pk=3, ticket_id="C", due_at=at(days=-7), status="claimed"),
        base._replace(pk=4, ticket_id="D", status="closed", closed_at=at(hours=-1)),
        base._replace(pk=5, ticket_id="E", unit_id="unit-2", opened_at=at()),
        base._replace(pk=6, ticket_id="F", unit_id=None),
    ]
    await save(ledger, ChangeSet(new_tickets=tickets))
    found = await unit_figures(ledger, at(), at(days=-1), at(), None)
    assert found == {"unit-1": UnitFigures(3, 2, at(days=-5), 1, 1, 1, 1), "unit-2": UnitFigures(1)}
    assert set(await unit_figures(ledger, at(), at(days=-1), at() + timedelta(days=1), {"unit-2"})) == {"unit-2"}


async def test_what_was_done_on_time(ledger: Ledger) -> None:
    """By the latest proof and the true deadline; what was merged away, dismissed or waived is not counted (S-6)."""
    asset = await asset_pk(ledger)
    base = open_ticket(1, "x", asset)._replace(
        opened_at=at(days=-9), due_at=at(days=-2), status="closed", closed_at=at(hours=-1), evidence_at=at(days=-2)
    )
    begun = {**orjson.loads(base.deadline_json), "begun": ["first_load", "2026-01-01", at(days=-3).isoformat()]}
    loaded = base._replace(deadline_json=to_json(begun))
    tickets = [
        base._replace(pk=1, ticket_id="A"),
        base._replace(pk=2, ticket_id="B", evidence_at=at(days=-2, microseconds=1)),
        base._replace(pk=3, ticket_id="C", evidence_at=None),
        base._replace(pk=4, ticket_id="D", close_reason="merged"),
        base._replace(pk=5, ticket_id="E", status="dismissed"),
        base._replace(pk=6, ticket_id="F", closed_at=at()),
        loaded._replace(pk=7, ticket_id="G"),
        loaded._replace(pk=8, ticket_id="H", evidence_at=at(days=-3)),
        base._replace(pk=9, ticket_id="I", unit_id="unit-2"),
    ]
    await save(ledger, ChangeSet(new_tickets=tickets))
    found = await unit_figures(ledger, at(), at(days=-1), at(), {"unit-1"})
    assert found == {"unit-1": UnitFigures(ended=7, done=5, on_time=2)}


async def test_spans_of_time(ledger: Ledger) -> None:
    """A span has its beginning and not its end; open ones by check, the late ones among them, of some units only."""
    asset = await asset_pk(ledger)
    base = open_ticket(1, "x", asset)._replace(opened_at=at(), due_at=at(days=2))
    tickets = [
        base._replace(pk=1, ticket_id="A", opened_at=at(days=-2), due_at=at(days=-1)),
        base._replace(pk=2, ticket_id="B", opened_at=at(days=-1, microseconds=-1), check="text.typo"),
        base._replace(pk=3, ticket_id="C", opened_at=at(days=-1), status="claimed", due_at=at(days=-1)),
        base._replace(pk=4, ticket_id="D", status="closed", closed_at=at(days=-1), opened_at=at(days=-3)),
        base._replace(pk=5, ticket_id="E", unit_id="unit-2"),
    ]
    await save(ledger, ChangeSet(new_tickets=tickets))
    bounds = [at(days=-2), at(days=-1), at()]
    assert await in_spans(ledger, "opened_at", bounds, None) == [2, 1]
    assert await in_spans(ledger, "closed_at", bounds, None) == [0, 1]
    assert await in_spans(ledger, "opened_at", bounds, {"unit-2"}) == [0, 0]
    assert await in_spans(ledger, "due_at", [at(days=-1), at(days=2), at(days=3)], None) == [2, 2]
    found = await open_by_check(ledger, at(), bounds[1:], None)
    assert found == {"link.dead": OpenOfCheck([1, 1, 1], 1), "text.typo": OpenOfCheck([1, 0, 0])}
    assert (await open_by_check(ledger, at(), bounds[1:], {"unit-2"}))["link.dead"].all == 1


@pytest.mark.parametrize("size", [1, 2, 50])
async def test_page_by_page(ledger: Ledger, size: int) -> None:
    """Every page begins behind the last row of the one before."""
    assets = (await load(ledger, Needs(asset_ids={"a", "b", "c"}))).assets
    runs = [
        run(one.pk, run_id)._replace(state="held", source=name)
        for one in assets.values()
        for run_id, name in (("1", "y"), ("2", "x"))
    ]
    await save(ledger, ChangeSet(runs=runs))
    found: list[tuple[str, str, str]] = []
    while page := await held_runs_behind(ledger, found[-1] if found else ("", "", ""), size, HeldFilter()):
        found += [(asset.asset_id, one.source, one.run_id) for one, asset in page]
    assert found == sorted((name, source, run_id) for name in "abc" for run_id, source in (("1", "y"), ("2", "x")))
    assert await count_held_runs(ledger, HeldFilter()) == len(found)
    assert await count_held_runs(ledger, HeldFilter({"unit-1"})) == 0
