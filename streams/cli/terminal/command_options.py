"""A person's act: what its options are called, and what is said of the event that answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from schemas.command import Command
from streams.cli.terminal.output import print_json, say
from streams.cli.terminal.session import domain_now, login, run
from streams.settings.model import Settings

ByOption = Annotated[str | None, typer.Option("--by", help="由谁办理 · who acts; default: your login")]
ReasonOption = Annotated[str | None, typer.Option("--reason", "-r", help="理由或说明 · why")]
NeedsReason = Annotated[str, typer.Option("--reason", "-r", help="理由，必填 · why; required", show_default=False)]
WaitFlag = Annotated[bool, typer.Option("--wait/--no-wait", help="等待结果 · wait for the answer, or leave")]
TimeoutOption = Annotated[float, typer.Option(min=0.1, help="最多等待几秒 · seconds to wait for the answer")]


def act(settings: Settings, by: str | None, seconds: float | None, *, as_json: bool, **fields: Any) -> None:
    """Send a command and tell what became of it; with `seconds` None, leave as soon as the broker has it.

    Raises Exit(1) when the command is refused, Failure when nobody answers in time.
    """
    from streams.services.command_client import send  # and Kafka's client with it, which lists need not wait for
    from streams.services.commands import REFUSED

    command = _command(settings, by, fields)
    answer = run(send(settings, command, seconds))
    if as_json:
        print_json({"command_id": command.command_id, "answer": answer})
    elif answer is None:
        say(f"已发出 · sent, command {command.command_id}")
    else:
        say(answer["summary"], "yellow" if answer["type"] == REFUSED else "green")
    if answer is not None and answer["type"] == REFUSED:
        raise typer.Exit(1)


def act_on_many(settings: Settings, by: str | None, many: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Send commands and leave as soon as the broker has them all."""
    from streams.services.command_client import send_all

    commands = [_command(settings, by, fields) for fields in many]
    run(send_all(settings, commands))
    if as_json:
        print_json([{"command_id": command.command_id, "answer": None} for command in commands])
    else:
        say(f"已发出 {len(commands)} 条指令 · sent")


def _command(settings: Settings, by: str | None, fields: Mapping[str, Any]) -> Command:
    from streams.services.commands import InvalidCommand, new_command

    try:
        return new_command(by=by or login(), at=domain_now(settings), **fields)
    except InvalidCommand as error:
        raise typer.BadParameter(str(error)) from None
