"""`rectify db check` on a ledger that contradicts itself (O-12)."""

from __future__ import annotations

import pytest

from streams.ledger import Ledger
from streams.ledger.reading.invariants import QUERIES, violations_of
from tests.support.processors import ProcessorOnLedger

FINDING = {"asset_id": "site", "check": "column.blank", "locator": "公示", "observed_at": "2026-03-02T10:00:00+08:00"}
CLOSED = "update tickets set status = 'closed', closed_at = 1"
ASKED = (
    "insert into asks (ask_id, ticket_pk, asset_pk, kind, by, said, asked_at) "
    "select 'a', pk, asset_pk, 'not_ours', '张三', '说明', 1 from tickets"
)
BREAKING = [
    ("open_without_a_problem", ["update problems set status = 'gone', gone_at = 1 where ticket_pk <> 0"]),
    ("closed_with_an_open_problem", [CLOSED]),
    ("open_problems_miscounted", ["update tickets set open_problem_count = 0"]),
    ("impossible_counters", ["update tickets set reopen_count = -1"]),
    ("expiry_without_acknowledgement", ["update tickets set acknowledgement_expires_at = 1"]),
    ("closed_without_a_time", ["update tickets set closed_at = 1"]),
    ("waived_without_a_verdict", ["update tickets set waived_until = 1"]),
    ("cause_of_a_closed_ticket", [CLOSED]),
    ("ask_of_an_ended_ticket", [ASKED, CLOSED]),
    ("problem_neither_here_nor_gone", ["update problems set gone_at = 1 where ticket_pk <> 0"]),
    ("problem_neither_here_nor_gone", ["update problems set ticket_pk = 0"]),
]


@pytest.mark.parametrize(("name", "statements"), BREAKING, ids=[name for name, _ in BREAKING])
async def test_what_contradicts_itself_is_found_in_the_tables(ledger: Ledger, name: str, statements: list[str]) -> None:
    """O-12: nothing is wrong with what was written; each contradiction is found by its own query."""
    worker = ProcessorOnLedger(ledger, "2026-03-02 10:00")
    await worker.send({**FINDING, "cause": "template"}, FINDING | {"check": "site.unreachable", "locator": ""})
    assert await violations_of(ledger._connector) == []
    async with ledger.transaction() as tx:
        for statement in statements:
            await tx._session.run(statement)
    found = {one.name for one in await violations_of(ledger._connector)}
    assert name in found
    assert {name for name, _ in BREAKING} == QUERIES.keys()
