"""A person's act: one command published, and the event that answers it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Annotated, Any, Final
from uuid import uuid4

import typer
from pydantic import ValidationError

from schemas.command import Command
from streams.cli.failure import Failure
from streams.cli.listening import Reader, open_reader
from streams.cli.output import print_json, say
from streams.cli.session import domain_now, kafka_config, login, publishing, run, topics_of
from streams.command_keys import own_key
from streams.kafka.publisher import OutMessage, Publisher
from streams.rules.signature import sign
from streams.settings import Settings

ANSWERS: Final = {
    "acknowledge": "acknowledged",
    "claim_fix": "fix_claimed",
    "approve": "closed",
    "send_back": "sent_back",
    "reassign": "reassigned",
    "extend": "extended",
    "dismiss": "dismissed",
    "waive": "waived",
    "reopen": "reopened",
    "close": "closed",
    "merge": "closed",
    "split": "split",
    "accept_run": "run_accepted",
    "reject_run": "run_rejected",
    "resend_notice": "notice_resent",
    "suppress_notice": "notice_suppressed",
}
REFUSED: Final = "command_refused"

ByOption = Annotated[str | None, typer.Option("--by", help="由谁办理 · who acts; default: your login")]
ReasonOption = Annotated[str | None, typer.Option("--reason", "-r", help="理由或说明 · why")]
NeedsReason = Annotated[str, typer.Option("--reason", "-r", help="理由，必填 · why; required", show_default=False)]
WaitFlag = Annotated[bool, typer.Option("--wait/--no-wait", help="等待结果 · wait for the answer, or leave")]
TimeoutOption = Annotated[float, typer.Option(min=0.1, help="最多等待几秒 · seconds to wait for the answer")]


def act(settings: Settings, by: str | None, seconds: float | None, *, as_json: bool, **fields: Any) -> None:
    """Send a command and tell what became of it; with `seconds` None, leave as soon as the broker has it.

    Raises Exit(1) when the command is refused, Failure when nobody answers in time.
    """
    command = _command(settings, by, fields)
    answer = run(_send(settings, command, seconds))
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
    commands = [_command(settings, by, fields) for fields in many]
    run(_send_all(settings, commands))
    if as_json:
        print_json([{"command_id": command.command_id, "answer": None} for command in commands])
    else:
        say(f"已发出 {len(commands)} 条指令 · sent")


def _command(settings: Settings, by: str | None, fields: Mapping[str, Any]) -> Command:
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        return Command(command_id=str(uuid4()), by=by or login(), at=domain_now(settings), **given)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(step) for step in fault["loc"]) or str(fields["action"])
        raise typer.BadParameter(f"{where}: {fault['msg'].removeprefix('Value error, ')}") from None


async def _send_all(settings: Settings, commands: Sequence[Command]) -> None:
    topic = topics_of(settings).commands
    async with publishing(kafka_config(settings)) as publisher:
        await _publish(publisher, *(_message(settings, topic, command) for command in commands))


def _message(settings: Settings, topic: str, command: Command) -> OutMessage:
    body = command.model_dump_json(exclude_none=True).encode()
    return OutMessage(topic, command.asset_id.encode(), body, signature(settings, body))


async def _send(settings: Settings, command: Command, seconds: float | None) -> dict[str, Any] | None:
    config, topics = kafka_config(settings), topics_of(settings)
    message = _message(settings, topics.commands, command)
    async with AsyncExitStack() as stack:
        publisher = await stack.enter_async_context(publishing(config))
        if seconds is None:
            await _publish(publisher, message)
            return None
        # Where the events end is known before the command is out: the answer cannot be missed.
        reader = await stack.enter_async_context(open_reader(config, [topics.events]))
        await _publish(publisher, message)
        try:
            async with asyncio.timeout(seconds):
                return await _answer(reader, command)
        except TimeoutError:
            msg = (
                f"{seconds:g} 秒内没有结果 · no answer within {seconds:g} s; is a worker running? "
                f"The command is sent and will be carried out (command {command.command_id}), "
                "unless workers want it signed: `rectify dead-letters list`"
            )
            raise Failure(msg) from None


def signature(settings: Settings, body: bytes) -> tuple[tuple[str, bytes], ...]:
    """The headers of a command; empty without a key of one's own."""
    return () if settings.command_key is None else (sign(body, *own_key(settings.command_key.get_secret_value())),)


async def _publish(publisher: Publisher, *messages: OutMessage) -> None:
    refused = await publisher.publish(messages)
    if refused:
        raise Failure(refused[0].detail)


async def _answer(reader: Reader, command: Command) -> dict[str, Any]:
    """The event of the act itself, or of its refusal; other effects of the same command are passed over."""
    async for record in reader.follow():
        event = record.document
        ours = isinstance(event, dict) and event.get("command_id") == command.command_id
        if ours and event.get("type") in (ANSWERS[command.action], REFUSED):
            return dict(event)
    raise AssertionError  # `follow` has no end
