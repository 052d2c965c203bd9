"""A command made and signed, and which event answers it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from pydantic import ValidationError

from schemas.actions import ACTIONS, Action
from schemas.command import Command
from streams.kafka.publisher import OutMessage
from streams.rules.intake.signature import sign
from streams.services.failure import Failure

REFUSED: Final = "command_refused"

Key = tuple[str, bytes]
"""A command key: its id and its secret."""


class InvalidCommand(Failure):
    """Fields that make no command; the text names the field and what was expected."""


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
