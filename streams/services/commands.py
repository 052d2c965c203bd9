"""A command made, signed and published; and, beside a ledger, what became of it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import uuid4

from pydantic import ValidationError

from schemas.actions import ACTIONS, Action
from schemas.command import Command
from streams.kafka.publisher import OutMessage, Publisher
from streams.ledger import Ledger
from streams.ledger.reading.commands import events_of_command, is_decided, last_entry
from streams.rules.intake.signature import sign
from streams.services.brokers import publish
from streams.services.failure import Failure

REFUSED: Final = "command_refused"
ACKNOWLEDGED_WITHIN: Final = 10.0  # seconds for the brokers to take a command
LOOK_SECONDS: Final = 0.1  # between two looks into the ledger

Key = tuple[str, bytes]
"""A command key: its id and its secret."""


class InvalidCommand(Failure):
    """Fields that make no command; the text names the field and what was expected."""


class Decided(NamedTuple):
    """What became of a command; `event` answers it: that it is done, or that it is refused.

    None, where an id that acted before was sent again for a run or a notice: its event is not looked for so far back.
    """

    event: dict[str, Any] | None

    @property
    def is_refused(self) -> bool:
        """Whether nothing was changed (K-3)."""
        return self.event is not None and self.event["type"] == REFUSED


def new_command(
    action: Action, asset_id: str, by: str, at: datetime, *, command_id: str | None = None, **fields: Any
) -> Command:
    """A command with an id of its own unless one is given; what is None does not count. Raises InvalidCommand."""
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        return Command(action=action, asset_id=asset_id, by=by, at=at, command_id=command_id or str(uuid4()), **given)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(step) for step in fault["loc"]) or action
        raise InvalidCommand(f"{where}: {fault['msg'].removeprefix('Value error, ')}") from None


def message_of(command: Command, topic: str, key: Key | None) -> OutMessage:
    """The command as it is published, signed where there is a key (O-6)."""
    body = command.model_dump_json(exclude_none=True).encode()
    return OutMessage(topic, command.asset_id.encode(), body, () if key is None else (sign(body, *key),))


def answers(command: Command, event: Any) -> bool:
    """Whether an event is the answer: that of the act itself, or of its refusal; its other effects are none."""
    ours = isinstance(event, dict) and event.get("command_id") == command.command_id
    return ours and event.get("type") in (ACTIONS[command.action].answer, REFUSED)


async def carry_out(
    publisher: Publisher, ledger: Ledger, topic: str, command: Command, key: Key | None, seconds: float
) -> Decided | None:
    """Publishes a command, awaits the brokers' acknowledgement, and looks for its answer in the ledger.

    None: not decided within `seconds` of real time; it is published and will be. The same command sent twice, as by
    a form that is submitted again, acts once and has the same answer.

    Raises Failure: the brokers do not take it within 10 s, or refuse it for good.
    """
    assert command.command_id is not None  # noqa: S101 - `new_command` gives it one
    after = await last_entry(ledger)
    try:
        async with asyncio.timeout(ACKNOWLEDGED_WITHIN):
            await publish(publisher, message_of(command, topic, key))
    except TimeoutError:
        msg = f"Kafka 没有应答，未必已提交 · Kafka does not answer, it may be lost (command {command.command_id})"
        raise Failure(msg) from None
    try:
        async with asyncio.timeout(seconds):
            while not await is_decided(ledger, command.command_id):  # noqa: ASYNC110 - the worker is another process
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        return None
    found = await events_of_command(ledger, command.command_id, command.asset_id, command.ticket_id, after)
    return Decided(next((event for event in found if answers(command, event)), None))
