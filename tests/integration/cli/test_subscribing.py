"""A supervisor follows escalations: by the command line, by kcat, by a program; the guide's commands as they stand."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.topics import Topics
from streams.kafka.config import KafkaConfig
from streams.kafka.publisher import OutMessage, Publisher
from streams.local.kafka import LocalKafka
from tests.support.command_line import ROOT, CommandLine

EXAMPLE = orjson.loads((ROOT / "tests/contract/examples/escalation.bulletin.json").read_bytes())


def escalation(number: int, rung: str, at: str, unit_id: str, region: str, **fields: Any) -> OutMessage:
    """A message as it is published."""
    unit = {"unit_id": unit_id, "name": f"{unit_id}的名称", "supervisor_id": "szfb" if unit_id != "other" else "sj"}
    own = {"id": str(number), "rung": rung, "at": at, "unit_id": unit_id, "unit": unit, "ticket_id": f"ZG{number}"}
    document = {**EXAMPLE, **own, "asset": {**EXAMPLE["asset"], "region": region}, "summary": f"{number}号", **fields}
    return OutMessage(rung, unit["supervisor_id"].encode(), orjson.dumps(document))


SENT = (
    escalation(1, "supervise", "2023-02-23T09:00:00+08:00", "kjj", "咸安区"),
    escalation(2, "supervise", "2023-02-24T09:00:00+08:00", "kjj", "咸安区"),
    escalation(2, "supervise", "2023-02-24T09:00:00+08:00", "kjj", "咸安区"),
    escalation(3, "supervise", "2023-02-24T09:00:00+08:00", "other", "嘉鱼县"),
    escalation(4, "bulletin", "2023-02-27T09:00:00+08:00", "szfb", "市直"),
    escalation(5, "supervise", "2023-02-27T09:00:00+08:00", "szfb", "市直"),
    escalation(6, "supervise", "2023-02-28T09:00:00+08:00", "nobody", "咸安区", unit=None),
)


@pytest.fixture
async def rectify(kafka: LocalKafka, topic_prefix: str, tmp_path: Path) -> AsyncIterator[CommandLine]:
    """The command line, and topics on which these escalations lie."""
    topics = Topics(topic_prefix)
    command = CommandLine(tmp_path, BROKER=f"kafka://{kafka.bootstrap}", TOPIC_PREFIX=topic_prefix)
    assert (await command.run("topics", "create", "--partitions", "1")).code == 0
    publisher = Publisher(KafkaConfig(kafka.bootstrap))
    await publisher.start()
    sent = [message._replace(topic=topics.escalation(message.topic)) for message in SENT]
    assert await publisher.publish(sent) == []
    yield command
    await publisher.stop()


@pytest.mark.parametrize(
    ("options", "tickets"),
    [
        ("", ["ZG1", "ZG2", "ZG2", "ZG3", "ZG4", "ZG5", "ZG6"]),
        ("--unit szfb", ["ZG1", "ZG2", "ZG2", "ZG4", "ZG5"]),
        ("--unit szfb --rung supervise --since 2023-02-24", ["ZG2", "ZG2", "ZG5"]),
        ("--region 咸安区 --since 2023-02-24T10:00:00+08:00", ["ZG6"]),
        ("--rung bulletin", ["ZG4"]),
    ],
    ids=str,
)
async def test_what_a_supervisor_asks_for(rectify: CommandLine, options: str, tickets: list[str]) -> None:
    """Its own and those that it supervises; a region; a rung; since when."""
    ended = await rectify.run("watch", "escalations", *options.split(), "--no-follow", "--json")
    assert sorted(orjson.loads(line)["ticket_id"] for line in ended.out.splitlines()) == tickets


@pytest.mark.parametrize("words", ["events --unit a", "escalations --rung up", "escalations --since today"])
async def test_what_cannot_be_asked_for(rectify: CommandLine, words: str) -> None:
    """A sentence instead of everything, or nothing."""
    assert (await rectify.run("watch", *words.split(), "--no-follow")).code in (1, 2)


async def test_the_guides_commands(rectify: CommandLine, kafka: LocalKafka, topic_prefix: str) -> None:
    """As they stand in the guide, but for the broker and the prefix; the program drops the repeat."""
    guide = (ROOT / "docs/zh/supervisors.md").read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.+?)\n```$", guide, re.MULTILINE | re.DOTALL)
    watching, listening, program, *_ = (
        block.replace("rectify.escalations", f"{topic_prefix}.escalations") for block in blocks
    )
    watched = await rectify.run(*watching.split()[1:])
    assert [line.rsplit("[")[1].rstrip("]") for line in watched.out.splitlines()] == ["ZG2", "ZG2", "ZG5"]
    heard = await run(listening, kafka.bootstrap)
    assert [orjson.loads(line)[1] for line in heard] == ["ZG1", "ZG2", "ZG2", "ZG6"]
    read = await run(program.replace("python", f"exec {sys.executable}", 1), kafka.bootstrap, lines=3)
    assert [line.split()[1:3] for line in read] == [["ZG1", "kjj的名称"], ["ZG2", "kjj的名称"], ["ZG6", "无主"]]


async def run(command: str, broker: str, lines: int | None = None) -> list[str]:
    """What a command of the shell prints: all of it, or so many lines, after which it is ended."""
    process = await asyncio.create_subprocess_shell(
        command, cwd=ROOT, env={"PATH": "/usr/bin:/bin", "BROKER": broker, "LANG": "C.UTF-8"},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(60):
        if lines is None:
            out, _ = await process.communicate()
            return out.decode().splitlines()
        found = [(await process.stdout.readline()).decode() for _ in range(lines)]
        process.terminate()
        await process.wait()
        return found
