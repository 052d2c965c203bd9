"""How the database reads: what thousands of rows would make slow is looked up by the right index, also without figures.

A new database has none, and where a wave of notices has just come, those that it has are wrong.
"""

from __future__ import annotations

import pytest

from schemas.channels import NoticeChannel
from streams.ledger import Ledger
from streams.ledger.batch.save import WITHDRAW
from streams.ledger.batch.seen_after import ALL, APART, due_runs
from streams.ledger.moments import to_micros
from streams.ledger.reading.polling import TO_SEND
from streams.rules.state.snapshot import ChangeSet
from tests.support.ledger import asset_pk, at, notice, open_ticket, save

WAITING = 3_000


async def _waiting(ledger: Ledger) -> None:
    asset = await asset_pk(ledger)
    tickets = [open_ticket(pk, f"t{pk}", asset) for pk in range(1, WAITING + 1)]
    await save(ledger, ChangeSet(new_tickets=tickets, notices=[notice(f"n{t.pk}", t.pk, asset) for t in tickets]))


async def _plan(ledger: Ledger, sql: str, *args: object) -> str:
    async with ledger.transaction() as tx:
        session = tx._session
        word = "explain" if session.dialect == "postgresql" else "explain query plan"
        return "\n".join(str(row[-1]) for row in await session.rows(f"{word} {sql}", *args))


async def test_withdrawing_reads_the_tickets_own_notices(ledger: Ledger) -> None:
    """Not every notice that waits: a run that closes many tickets during a wave of reminders is no slower for it."""
    await _waiting(ledger)
    plan = await _plan(ledger, WITHDRAW, to_micros(at()), 7)
    assert "notices_by_ticket" in plan
    assert "notices_to" not in plan


@pytest.mark.parametrize("channel", ["email", "sms"])
async def test_a_channel_looks_for_its_own(ledger: Ledger, channel: NoticeChannel) -> None:
    """Where thousands of mails wait, short messages that do not are not looked for among them."""
    await _waiting(ledger)
    moment = to_micros(at())
    plan = await _plan(ledger, TO_SEND, channel, moment, channel, moment)
    condition = "(channel = $1) AND (not_before <= $2)" if "Cond" in plan else "(channel=? AND not_before<?)"
    assert condition in plan.replace("'sms'::text", "$1").replace("'email'::text", "$1").replace(
        f"'{moment}'::bigint", "$2"
    )


async def test_a_run_to_judge_reads_its_own_asset(ledger: Ledger) -> None:
    """What is counted of it by its problems, what is counted apart by an index of few."""
    await _waiting(ledger)
    run = (0, 1, to_micros(at()), to_micros(at()), 10)
    assert "problems_by_key" in await _plan(ledger, due_runs(1) + ALL, *run)
    apart = await _plan(ledger, due_runs(1) + APART, *run)
    assert "tickets_counted_apart" in apart
    assert "problems_by_ticket" in apart
