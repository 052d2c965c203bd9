"""Commands published, and the event that answers one, read from its topic: for those who have no ledger at hand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

from schemas.command import Command
from streams.files.command_keys import own_key
from streams.services.brokers import publish, publishing
from streams.services.commands import Key, answers, message_of
from streams.services.connections import kafka_config, topics_of
from streams.services.failure import Failure
from streams.services.listening import Reader, open_reader
from streams.settings.model import Settings

_ERROR: Final = "rectify-error"
_NOT_TAKEN: Final = {
    "not_allowed": "此密钥无权办理 · this key may not do that",
    "unsigned": "工作节点只接受签名的指令，请设置 RECTIFY_COMMAND_KEY · workers want commands signed: set it",
    "bad_signature": "签名不被接受，请核对 RECTIFY_COMMAND_KEY · the signature is not accepted: check it",
}


async def send(settings: Settings, command: Command, seconds: float | None) -> dict[str, Any] | None:
    """The event that answers; None with `seconds` None: whoever asked leaves as soon as the broker has the command."""
    config, topics = kafka_config(settings), topics_of(settings)
    message = message_of(command, topics.commands, key_of(settings))
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
    topic, key = topics_of(settings).commands, key_of(settings)
    async with publishing(kafka_config(settings)) as publisher:
        await publish(publisher, *(message_of(command, topic, key) for command in commands))


def key_of(settings: Settings) -> Key | None:
    """The key of one's own, if the settings have one."""
    return None if settings.command_key is None else own_key(settings.command_key.get_secret_value())


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
        if answers(command, event):
            return dict(event)
    raise AssertionError  # `follow` has no end


def _not_taken(headers: Mapping[str, bytes]) -> str:
    code = headers[_ERROR].decode("utf-8", "replace")
    detail = headers.get(f"{_ERROR}-detail", b"").decode("utf-8", "replace")
    return f"{_NOT_TAKEN.get(code, '指令未被接受 · the command is not taken')} ({code}): {detail}"
