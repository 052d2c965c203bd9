"""Commands carried out beside a ledger, as a page does it: published, acknowledged, and their answer looked up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import orjson
import pytest

from streams.kafka.publisher import OutMessage, Publisher, PublishError
from streams.ledger import Ledger
from streams.services.commands import Decided, carry_out, new_command
from streams.services.failure import Failure
from tests.support.processors import TOPICS, ProcessorOnLedger, StillClock

MONDAY = "2026-03-02 10:05"


class Office:
    """Who works at a page, a broker that hands every command to the worker at once, and the worker."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.clock = StillClock(MONDAY)
        self.worker: ProcessorOnLedger | None = ProcessorOnLedger(ledger, self.clock)
        self.waiting: list[dict[str, Any]] = []  # at the broker, while no worker runs
        self.refusal: PublishError | None = None

    async def publish(self, messages: Sequence[OutMessage]) -> list[PublishError]:
        """As the publisher does."""
        if self.refusal is not None:
            return [self.refusal]
        self.waiting += [orjson.loads(message.value or b"") for message in messages]
        if self.worker is not None:
            await self.work()
        return []

    async def work(self) -> None:
        """The worker takes what waits."""
        processor = self.worker or ProcessorOnLedger(self.ledger, self.clock)
        for command in self.waiting:
            await processor.command(**command)
        self.waiting.clear()

    async def act(self, action: Any, command_id: str, seconds: float = 30.0, **fields: Any) -> Decided | None:
        """One submission of a form that was made with this id."""
        at = self.clock.now().at
        command = new_command(action, "site", "张三", at, command_id=command_id, **fields)
        return await carry_out(cast("Publisher", self), self.ledger, TOPICS.commands, command, None, seconds)


def told(result: Decided | None) -> tuple[Any, ...]:
    """Type and reason of the answer, and whether it is a refusal."""
    assert result is not None
    assert result.event is not None
    return result.event["type"], result.event["reason"], result.is_refused


@pytest.fixture
async def office(ledger: Ledger) -> Office:
    """One open ticket."""
    made = Office(ledger)
    assert made.worker is not None
    await made.worker.send(
        {"asset_id": "site", "check": "link.dead", "locator": "a", "observed_at": "2026-03-02T09:00:00+08:00"}
    )
    return made


def ticket_id(office: Office) -> str:
    """That of the one ticket."""
    assert office.worker is not None
    (ticket,) = office.worker.tickets()
    return ticket


async def test_the_answer_is_what_the_worker_has_recorded(office: Office) -> None:
    """Done, refused, refused of an asset's run, whose event belongs to no ticket; a form sent twice acts once."""
    ticket = ticket_id(office)
    done = await office.act("acknowledge", "k-1", ticket_id=ticket)
    assert told(done) == ("acknowledged", "acknowledge", False)
    assert await office.act("acknowledge", "k-1", ticket_id=ticket) == done
    again = await office.act("acknowledge", "k-2", ticket_id=ticket)
    assert told(again) == ("command_refused", "wrong_status", True)
    run = await office.act("accept_run", "k-3", source="crawler", run_id="r", reason="已核实")
    assert told(run) == ("command_refused", "run_not_held", True)
    unknown = await office.act("close", "k-4", ticket_id="ZG-none", reason="已办")
    assert told(unknown) == ("command_refused", "ticket_unknown", True)


async def test_of_many_effects_the_act_itself_is_the_answer(office: Office) -> None:
    """A claim also asks for a recheck; its answer is the claim."""
    claimed = await office.act("claim_fix", "k-1", ticket_id=ticket_id(office), measures="已修复")
    assert told(claimed) == ("fix_claimed", "claim_fix", False)


async def test_while_no_worker_runs_nobody_waits_for_ever(office: Office) -> None:
    """After its seconds a page says that it is under way; submitted once more when it is done, it is found."""
    ticket, office.worker = ticket_id(office), None
    assert await office.act("acknowledge", "k-1", 0.05, ticket_id=ticket) is None
    assert len(office.waiting) == 1
    late = asyncio.create_task(office.act("acknowledge", "k-1", ticket_id=ticket))
    await asyncio.sleep(0)
    await office.work()
    assert told(await late) == ("acknowledged", "acknowledge", False)


async def test_what_the_broker_refuses_is_said_at_once(office: Office) -> None:
    """Nothing is waited for."""
    office.refusal = PublishError(0, "not_authorized", "no right to write to topic rectify.commands")
    with pytest.raises(Failure, match="no right to write"):
        await office.act("acknowledge", "k-1", 300.0, ticket_id=ticket_id(office))


def test_a_command_gets_an_id_that_can_be_looked_up() -> None:
    """Two of the same act are two."""
    at = datetime.fromisoformat("2026-03-02T10:00:00+08:00")
    first, second = (new_command("acknowledge", "site", "张三", at, ticket_id="ZG1") for _ in range(2))
    assert first.command_id != second.command_id
