"""Records and tables agree, and an update is as narrow as its change."""

import pytest
from sqlalchemy import Table

from streams.ledger import notice_tables, tables
from streams.ledger.rows import PROBLEM, PROBLEM_SHAPES, TICKET, TICKET_SHAPES
from streams.rules.state.records import AssetRecord, HistoryEntry, Notice, Problem, RunRecord, Ticket
from tests.support.ledger import at, problem, ticket


@pytest.mark.parametrize(
    ("table", "fields"),
    [
        (tables.assets, AssetRecord._fields),
        (tables.problems, Problem._fields),
        (tables.tickets, Ticket._fields),
        (tables.runs, RunRecord._fields),
    ],
    ids=lambda value: value.name if isinstance(value, Table) else "",
)
def test_a_table_has_the_fields_of_its_record(table: Table, fields: tuple[str, ...]) -> None:
    """Every field is a column, in the same order."""
    named = [name.replace("check_code", "check") for name in table.c.keys()]  # noqa: SIM118
    assert [name for name in named if name != "recorded_at"] == list(fields)


def test_private_columns_stand_apart() -> None:
    """History has a row number, notices the time of sending and the inbox, problems when they became what they are."""
    assert set(tables.history.c.keys()) - set(HistoryEntry._fields) == {"pk"}
    assert set(tables.problems.c.keys()) - set(PROBLEM.columns) == {"recorded_at"}
    assert set(notice_tables.notices.c.keys()) - set(Notice._fields) == {"sent_at", "inbox"}


def test_every_moment_is_marked() -> None:
    """A column is converted exactly when its field holds a time."""
    every = ticket(1, "a", 1)
    marked = {column.name for column in tables.tickets.c if column.info.get("moment")}
    assert marked == {name for name in Ticket._fields if hasattr(getattr(every, name), "tzinfo")}


def test_a_record_survives_encoding() -> None:
    """What is encoded decodes to an equal record."""
    before = ticket(1, "a", 1)
    assert TICKET.decode(TICKET.every.encode(before)) == before


def test_counting_needs_the_narrow_shape_only() -> None:
    """A repeat writes no column that an index holds."""
    before = ticket(1, "a", 1)
    counted = before._replace(version=8, occurrences=13, last_seen_at=at(hours=1), seen_runs_json="[]")
    assert TICKET_SHAPES[0].covers(before, counted)
    assert not TICKET_SHAPES[0].covers(before, counted._replace(rung="bulletin", status="claimed"))
    assert TICKET_SHAPES[-1].covers(before, counted._replace(rung="bulletin", status="claimed"))


def test_a_reminder_needs_the_middle_shape_only() -> None:
    """Half of a million tickets' updates are made of it: what time alone brings about."""
    before = ticket(1, "a", 1)
    reminded = before._replace(version=8, rung="bulletin", reminder_count=2, plan_json="[]", next_review_at=at(hours=1))
    assert TICKET_SHAPES[1].covers(before, reminded)
    assert not TICKET_SHAPES[1].covers(before, reminded._replace(status="claimed"))


@pytest.mark.parametrize("field", ["status", "ticket_pk", "ordinal", "current", "gone_at", "suspicion_json"])
def test_any_other_change_of_a_problem_needs_the_wide_shape(field: str) -> None:
    """What is not a counter is never left out."""
    before = problem("a", 1, 1, 1)
    after = before._replace(**{field: "changed"})  # type: ignore[arg-type]
    assert not PROBLEM_SHAPES[0].covers(before, after)


def test_the_narrow_columns_are_in_no_index() -> None:
    """Otherwise SQLite would rewrite the index at every repeat."""
    for table, shape in ((tables.tickets, TICKET_SHAPES[0]), (tables.problems, PROBLEM_SHAPES[0])):
        indexed = {column.name for index in table.indexes for column in index.columns}
        assert indexed.isdisjoint(shape.columns[:-1])
