"""The list of tickets on both databases: which, in which order, from where on, and by which index."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import Integer, column, select, text

from streams.ledger import Ledger, TooSlow
from streams.ledger.moments import to_micros
from streams.ledger.reading.listing.cursor import BadCursor, Cursor, read, written
from streams.ledger.reading.listing.filter import (
    DECISIONS,
    ENDED,
    EVERY,
    OPEN,
    DueSpan,
    Order,
    SoughtWord,
    TicketFilter,
)
from streams.ledger.reading.listing.lanes import parts_of
from streams.ledger.reading.listing.listing import COUNTED, count_tickets, list_page, list_tickets
from streams.ledger.reading.listing.names import assets_called, tickets_numbered
from streams.ledger.reading.listing.words import FEW_TICKETS
from streams.rules.state.records import Ask, Ticket
from streams.rules.state.snapshot import ChangeSet, Needs
from tests.support.ledger import asset_pk, at, load, open_ticket, problem, save
from tests.support.plans import plans_of, scans

STATUSES = (*OPEN, *ENDED)
ALL = (DueSpan(STATUSES),)


@pytest.fixture
async def filled(ledger: Ledger) -> Ledger:
    """Return a ledger with six tickets of two assets."""
    asset, other = await asset_pk(ledger), await asset_pk(ledger, "asset-2")
    base = open_ticket(1, "base", asset)
    tickets = [
        base._replace(pk=1, ticket_id="ZG1-A", due_at=at(days=3), severity="critical", opened_at=at(hours=-1)),
        base._replace(pk=2, ticket_id="ZG1-B", due_at=at(days=-2), unit_id="unit-2", status="acknowledged"),
        base._replace(pk=3, ticket_id="ZG2-A", due_at=at(days=1), asset_pk=other, status="claimed", rung="supervise"),
        base._replace(pk=4, ticket_id="ZG2-B", due_at=at(days=-9), status="closed", closed_at=at(days=-2)),
        base._replace(
            pk=5, ticket_id="ZG2_B", due_at=at(days=-1), check="text.typo", unit_id=None, recheck_outcome=None
        ),
        base._replace(pk=6, ticket_id="ZG3-A", due_at=at(days=-8), status="dismissed", closed_at=at(days=-1)),
    ]
    ask = Ask("ask-1", 1, asset, "extension", "unit-1", "张三", "来不及", None, at(days=9), None, None, at(), None)
    problems = [problem(f"p{ordinal}", asset, 1, ordinal) for ordinal in (1, 2)]
    await save(ledger, ChangeSet(problems, tickets, asks=[ask]))
    return ledger


MANY_PKS = SoughtWord(ticket_pks=tuple(range(FEW_TICKETS + 1)))
LISTS: list[tuple[TicketFilter, Order, str]] = [
    (TicketFilter(), "due", "1-B 2_B 2-A 1-A"),
    (EVERY, "due", "1-B 2_B 2-A 1-A 3-A 2-B"),
    (EVERY, "opened", "3-A 2_B 2-B 2-A 1-B 1-A"),
    (EVERY, "closed", "3-A 2-B"),
    (TicketFilter((DueSpan(("closed",)),)), "due", "2-B"),
    (TicketFilter((DueSpan(("closed", "open")),)), "due", "2_B 1-A 2-B"),
    (TicketFilter(units=frozenset({"unit-2"})), "due", "1-B"),
    (TicketFilter(units=frozenset({"unit-1", "unit-2"})), "due", "1-B 2-A 1-A"),
    (TicketFilter(units=frozenset({"unit-1", "unit-2"}), spans=ALL), "opened", "3-A 2-B 2-A 1-B 1-A"),
    (TicketFilter(units=frozenset({"unit-1"}), spans=ALL), "closed", "3-A 2-B"),
    (TicketFilter(units=frozenset(), spans=ALL), "due", ""),
    (TicketFilter(units=frozenset(), spans=ALL), "opened", ""),
    (TicketFilter(units=frozenset(map(str, range(200))) | {"unit-2"}), "due", "1-B"),
    (TicketFilter(asset_id="asset-2"), "due", "2-A"),
    (TicketFilter(words=(SoughtWord(),), spans=ALL), "due", ""),
    (TicketFilter(words=(SoughtWord(ticket_pks=(3, 4), units=("unit-2",)),), spans=ALL), "due", "1-B 2-A 2-B"),
    (TicketFilter(words=(SoughtWord(units=("unit-1",)), SoughtWord((3, 2)))), "due", "2-A"),
    (TicketFilter(words=(SoughtWord(checks=("text.typo",), asset_pks=(99,)),)), "due", "2_B"),
    (TicketFilter(words=(MANY_PKS, SoughtWord(units=("unit-1",))), spans=ALL), "opened", "3-A 2-B 2-A 1-A"),
    (TicketFilter(words=(MANY_PKS,)), "due", "1-B 2_B 2-A 1-A"),
    (TicketFilter(words=(MANY_PKS,), units=frozenset({"unit-2"})), "due", "1-B"),
    (TicketFilter(ticket_pks=(1, 4), spans=ALL), "due", "1-A 2-B"),
    (TicketFilter(ticket_pks=(1, 2), units=frozenset({"unit-2"})), "due", "1-B"),
    (TicketFilter(checks=("text.typo", "home.stale")), "due", "2_B"),
    (TicketFilter(severities=("critical",)), "due", "1-A"),
    (TicketFilter(rungs=("supervise",)), "due", "2-A"),
    (TicketFilter((DueSpan(due_before=at()),)), "due", "1-B 2_B"),
    (TicketFilter((DueSpan(due_from=at(), due_before=at(days=2)),)), "due", "2-A"),
    (TicketFilter((DueSpan(("open",), due_before=at()), DueSpan(("claimed",)))), "due", "2_B 2-A"),
    (TicketFilter(opened_before=at(minutes=-30)), "due", "1-A"),
    (TicketFilter(ALL, closed_from=at(days=-1)), "due", "3-A"),
    (TicketFilter(ALL, closed_before=at(days=-1)), "closed", "2-B"),
    (TicketFilter(rungs=("urge", "supervise")), "due", "1-B 2_B 2-A 1-A"),
    (TicketFilter(rungs=("supervise", "none")), "due", "2-A"),
    (TicketFilter(rungs=("urge",), spans=ALL), "due", "1-B 2_B 1-A 3-A 2-B"),
    (TicketFilter(rungs=("urge",), units=frozenset({"unit-2"})), "due", "1-B"),
    (TicketFilter(decide=DECISIONS), "due", "2-A 1-A"),
    (TicketFilter(decide=DECISIONS, spans=ALL), "due", "2-A 1-A"),
    (TicketFilter(decide=("ask",)), "due", "1-A"),
    (TicketFilter(decide=("unverifiable",)), "due", "2-A"),
    (TicketFilter(decide=("unanswered",)), "due", ""),
    (TicketFilter(decide=DECISIONS, units=frozenset({"unit-2"})), "due", ""),
    (TicketFilter(units=frozenset({"unit-1"}), checks=("text.typo",)), "due", ""),
]


async def test_tickets_are_listed(filled: Ledger) -> None:
    """By any combination of filters, in each order; whole, page after page, backwards, and counted."""
    for chosen, order, expected in LISTS:
        wanted = [f"ZG{one}" for one in expected.split()]
        page = await list_page(filled, chosen, order)
        assert [one.ticket.ticket_id for one in page.rows] == wanted, (chosen, order)
        assert (page.previous, page.next) == (None, None)
        assert all(one.ticket.asset_pk == one.asset.pk for one in page.rows)
        assert await count_tickets(filled, chosen, order) == len(wanted)
        for size in (1, 2, 4):
            assert await _walk(filled, chosen, order, size) == wanted, (chosen, order)
        if order == "due":
            assert [ticket.ticket_id for ticket, _ in await list_tickets(filled, chosen, limit=2)] == wanted[:2]


async def _walk(ledger: Ledger, chosen: TicketFilter, order: Order, size: int) -> list[str]:
    """To the end and back again: what was seen on the way there, which is the same on the way back."""
    page = await list_page(ledger, chosen, order, limit=size)
    there = [page.rows]
    while page.next is not None:
        page = await list_page(ledger, chosen, order, limit=size, cursor=read(written(page.next), order))
        there.append(page.rows)
    back = [page.rows]
    while page.previous is not None:
        page = await list_page(ledger, chosen, order, limit=size, cursor=page.previous)
        back.insert(0, page.rows)
    assert back == there
    return [one.ticket.ticket_id for rows in there for one in rows]


async def test_the_first_problem_comes_along(filled: Ledger) -> None:
    """Of a ticket with several the first, of one without none."""
    page = await list_page(filled, TicketFilter(ticket_pks=(1, 2)))
    assert [one.problem and one.problem.ordinal for one in page.rows] == [None, 1]


@pytest.mark.parametrize("order", ["due", "opened", "closed"])
async def test_what_stands_still_is_shown_once(ledger: Ledger, order: Order) -> None:
    """While others are opened, closed, moved to other days, and while many are due at one moment."""
    dice = random.Random(f"the dice of {order}")  # noqa: S311 - for a test
    asset = await asset_pk(ledger)
    known = {pk: _any_ticket(pk, asset, dice) for pk in range(1, 41)}
    await save(ledger, ChangeSet(new_tickets=[*known.values()]))
    movers = set(dice.sample(sorted(known), 12))
    seen: list[int] = []
    cursor: Cursor | None = None
    while True:
        page = await list_page(ledger, EVERY, order, limit=5, cursor=cursor)
        seen += [one.ticket.pk for one in page.rows]
        if page.next is None:
            break
        cursor = page.next
        moved = dice.sample(sorted(movers), 4)
        new = _any_ticket(max(known) + 1, asset, dice)
        await save(ledger, ChangeSet(new_tickets=[new]))
        await _move(ledger, [_any_ticket(pk, asset, dice) for pk in moved])
        known[new.pk] = new
        movers.add(new.pk)
    still = [pk for pk in seen if pk not in movers]
    assert len(still) == len(set(still))
    wanted = {pk for pk, one in known.items() if pk not in movers and (order != "closed" or one.closed_at)}
    assert set(still) == wanted


async def _move(ledger: Ledger, tickets: list[Ticket]) -> None:
    """To another day and status; the day of its opening stays."""
    async with ledger.transaction() as tx:
        for one in tickets:
            ended = one.closed_at and to_micros(one.closed_at)
            await tx._session.run(
                "update tickets set due_at = ?, status = ?, closed_at = ? where pk = ?",
                *(to_micros(one.due_at), one.status, ended, one.pk),
            )


def _any_ticket(pk: int, asset: int, dice: random.Random) -> Ticket:
    status = dice.choice(STATUSES)
    return open_ticket(pk, str(pk), asset)._replace(
        due_at=at(days=dice.randrange(3)),
        opened_at=at(days=-dice.randrange(3)),
        status=status,
        closed_at=at(days=dice.randrange(3)) if status in ENDED else None,
    )


async def test_a_page_of_which_nothing_is_left_is_the_first(filled: Ledger) -> None:
    """Whoever goes back past the beginning reads a whole first page, not a torn one."""
    before = Cursor("due", 0, to_micros(at(days=-1)), 5, back=True)
    page = await list_page(filled, TicketFilter(), limit=3, cursor=before)
    assert [one.ticket.pk for one in page.rows] == [2, 5, 3]


@pytest.mark.parametrize("text", ["", "x", "A" * 34, "é", "A" * 2_000])
def test_a_place_of_somebody_elses_making_is_none(text: str) -> None:
    """Nothing is guessed of it."""
    with pytest.raises(BadCursor):
        read(text, "due")


async def test_names_and_numbers(filled: Ledger) -> None:
    """The beginning of a number, a part of a name, with wildcards that mean nothing; of a unit's own alone."""
    assert await tickets_numbered(filled, "ZG2") == (3, 4, 5)
    assert await tickets_numbered(filled, "ZG2_") == (5,)
    both = await assets_called(filled, "asset", None)
    assert len(both) == 2
    assert await assets_called(filled, "%", None) == ()
    assert len(await assets_called(filled, "asset", frozenset({"unit-2"}))) == 1
    assert await assets_called(filled, "asset", frozenset({"unit-9"})) == ()


MANY = 4_000
PLANS: dict[str, tuple[TicketFilter, Order, str]] = {
    "open": (TicketFilter(), "due", "tickets_by_due"),
    "overdue": (TicketFilter((DueSpan(("open",), due_before=at(days=1)),)), "due", "tickets_by_due"),
    "a unit's": (TicketFilter(units=frozenset({"unit-3"})), "due", "tickets_by_unit"),
    "40 units'": (TicketFilter(units=frozenset(f"unit-{n}" for n in range(40))), "due", "tickets_by_unit"),
    "closed": (TicketFilter((DueSpan(ENDED),)), "closed", "tickets_closed"),
    "its closed": (TicketFilter((DueSpan(ENDED),), units=frozenset({"unit-3"})), "closed", "tickets_closed_by_unit"),
    "opened": (EVERY, "opened", "tickets_opened"),
    "opened and open": (TicketFilter(), "opened", "tickets_opened"),
    "an asset's": (TicketFilter(words=(SoughtWord(asset_pks=(1,)),)), "due", "tickets_by_asset"),
    "a unit's name": (TicketFilter(words=(SoughtWord(units=("unit-3",)),)), "due", "tickets_by_unit"),
    "a common word": (TicketFilter(words=(MANY_PKS,)), "due", "tickets_by_due"),
    "a rung's": (TicketFilter((DueSpan(("open",), due_before=at(days=9)),), rungs=("urge",)), "due", "tickets_by_rung"),
    "to decide": (TicketFilter(decide=DECISIONS), "due", "tickets_unverifiable"),
}  # fmt: skip


async def test_the_index_is_walked(ledger: Ledger) -> None:
    """The first page, one further on, and the count of each list: the plan names its index, and scans no tickets.

    Many are due at the same moment, as days end, and the index has these in order, too.
    """
    names = [f"asset-{number}" for number in range(400)]
    assets = (await load(ledger, Needs(asset_ids=set(names)))).assets
    tickets = [
        open_ticket(pk, str(pk), assets[names[pk % 400]].pk)._replace(
            due_at=at(minutes=pk // 40), unit_id=f"unit-{pk % 200}", opened_at=at(minutes=pk),
            status="closed" if pk % 3 else STATUSES[pk % 9 // 3], closed_at=at(minutes=pk) if pk % 3 else None,
            rung="urge" if pk % 15 == 0 else None, recheck_outcome="unverifiable" if pk % 90 == 6 else None,
        )
        for pk in range(1, MANY + 1)
    ]  # fmt: skip
    await save(ledger, ChangeSet(new_tickets=tickets))
    async with ledger.transaction() as tx:
        await tx._session.rows("analyze")
    for name, (chosen, order, index) in PLANS.items():
        *pages, count = await _plans(ledger, chosen, order)
        for plan in pages:
            assert f"{index} " in f"{plan} ".replace("\n", " "), (name, plan)
            assert "Presorted" not in plan, (name, plan)
        for plan in (*pages, count):
            assert not scans(plan, "tickets"), (name, plan)


@pytest.mark.parametrize(
    ("chosen", "is_walked"),
    [
        (EVERY, True),
        (TicketFilter(), True),
        (TicketFilter((DueSpan(("claimed",)),)), False),
        (TicketFilter(units=frozenset({"unit-3"})), False),
        (TicketFilter(checks=("link.dead",)), False),
        (TicketFilter(decide=DECISIONS), False),
    ],
)
def test_openings_are_walked_only_where_most_tickets_are_meant(chosen: TicketFilter, *, is_walked: bool) -> None:
    """For the newest few of many; where few are meant, a database that walks them all takes as long as there are."""
    (part,) = parts_of(chosen, "opened")
    (lane,) = part.lanes
    assert ("coalesce(tickets.status" in str(lane)) is is_walked


async def _plans(ledger: Ledger, chosen: TicketFilter, order: Order) -> list[str]:
    """How the database reads the list: every statement that it is asked, with its plan."""
    with plans_of(ledger) as said:
        page = await list_page(ledger, chosen, order, limit=2)
        assert page.next is not None
        await list_page(ledger, chosen, order, limit=2, cursor=page.next)
        assert await count_tickets(ledger, chosen, order) in range(1, COUNTED + 2)
    return said


async def test_whoever_asks_for_too_much_is_told(filled: Ledger) -> None:
    """After the time that people are kept waiting the database gives up, and reads on for others."""
    endless = text(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 900000000) "
        "select count(*) as many from n"
    )
    with pytest.raises(TooSlow):
        await filled.read(select(endless.columns(column("many", Integer)).subquery()), within=0.2)
    assert len((await list_page(filled, TicketFilter())).rows) == 4
