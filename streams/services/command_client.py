"""Commands published, and the event that answers one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

from schemas.actions import ACTIONS
from schemas.command import Command
from streams.files.command_keys import own_key
from streams.kafka.publisher import OutMessage
from streams.rules.intake.signature import sign
from streams.services.brokers import publish, publishing
from streams.services.connections import kafka_config, topics_of
from streams.services.failure import Failure
from streams.services.listening import Reader, open_reader
from streams.settings.model import Settings

REFUSED: Final = "command_refused"
_ERROR: Final = "rectify-error"
_NOT_TAKEN: Final = {
    "not_allowed": "此密钥无权办理 · this key may not do that",
    "unsigned": "工作节点只接受签名的指令，请设置 RECTIFY_COMMAND_KEY · workers want commands signed: set it",
    "bad_signature": "签名不被接受，请核对 RECTIFY_COMMAND_KEY · the signature is not accepted: check it",
}


async def send(settings: Settings, command: Command, seconds: float | None) -> dict[str, Any] | None:
    """The event that answers; None with `seconds` None: whoever asked leaves as soon as the broker has the command."""
    config, topics = kafka_config(settings), topics_of(settings)
    message = _message(settings, topics.commands, command)
    async with AsyncExitStack() as stack:
        publisher = await stack.enter_async_context(publishing(config))
        if seconds is None:
            await publish(publisher, message)
            return None
        # Where the topics end is known before the command is out: the answer cannot be missed.
        reader = await stack.enter_async_context(open_reader(config, [topics.events, topics.dead_letters]))
        await publish(publisher, message)
        try:
            async with asyncio.timeout(seconds):
                return await _answer(reader, command, message.value)
        except TimeoutError:
            msg = (
                f"{seconds:g} 秒内没有结果 · no answer within {seconds:g} s; is a worker running? "
                f"The command is sent and will be carried out (command {command.command_id})"
            )
            raise Failure(msg) from None


async def send_all(settings: Settings, commands: Sequence[Command]) -> None:
    """Returns as soon as the broker has them all."""
    topic = topics_of(settings).commands
    async with publishing(kafka_config(settings)) as publisher:
        await publish(publisher, *(_message(settings, topic, command) for command in commands))


def _message(settings: Settings, topic: str, command: Command) -> OutMessage:
    body = command.model_dump_json(exclude_none=True).encode()
    return OutMessage(topic, command.asset_id.encode(), body, signature(settings, body))


def signature(settings: Settings, body: bytes) -> tuple[tuple[str, bytes], ...]:
    """The headers of a command; empty without a key of one's own."""
    return () if settings.command_key is None else (sign(body, *own_key(settings.command_key.get_secret_value())),)


async def _answer(reader: Reader, command: Command, body: bytes | None) -> dict[str, Any]:
    """The event of the act itself, or of its refusal; other effects of the same command are passed over.

    Raises Failure when it became a dead letter: nobody will carry it out.
    """
    async for record in reader.follow():
        headers = dict(record.headers)
        if _ERROR in headers:
            if record.value == body:
                raise Failure(_not_taken(headers))
            continue
        event = record.document
        ours = isinstance(event, dict) and event.get("command_id") == command.command_id
        if ours and event.get("type") in (ACTIONS[command.action].answer, REFUSED):
            return dict(event)
    raise AssertionError  # `follow` has no end


def _not_taken(headers: Mapping[str, bytes]) -> str:
    code = headers[_ERROR].decode("utf-8", "replace")
    detail = headers.get(f"{_ERROR}-detail", b"").decode("utf-8", "replace")
    return f"{_NOT_TAKEN.get(code, '指令未被接受 · the command is not taken')} ({code}): {detail}"
