"""A producer's commands on a real Kafka: a tool is run, its report read, a request answered by it."""

from __future__ import annotations

import asyncio
import re
import shlex
from pathlib import Path
from typing import Any

import orjson

from schemas.topics import Topics
from streams.kafka.config import KafkaConfig
from streams.kafka.publisher import OutMessage, Publisher
from streams.local.kafka import LocalKafka
from streams.services.listening import open_reader
from tests.support.command_line import CommandLine
from tests.support.reports import AT, SAMPLES
from tests.support.site import serving

LYCHEE = SAMPLES / "lychee"


async def _published(config: KafkaConfig, topic: str) -> list[Any]:
    async with open_reader(config, [topic], from_beginning=True) as reader:
        return [record.document async for record in reader.to_the_end()]


async def test_the_guides_commands_work(kafka: LocalKafka, topic_prefix: str, tmp_path: Path) -> None:
    """Every block of the guide for producers that is a command, in a folder with a report and the guide's messages."""
    guide = (Path(__file__).parents[3] / "docs" / "zh" / "producers.md").read_text("utf-8")
    commands = [shlex.split(block) for block in re.findall(r"^```sh\n(.+?)\n```$", guide, re.MULTILINE | re.DOTALL)]
    (messages,) = re.findall(r"^```json\n(.+?\n)```$", guide, re.MULTILINE | re.DOTALL)
    (tmp_path / "messages.jsonl").write_text(messages, "utf-8")
    (tmp_path / "lychee-report.json").write_bytes((LYCHEE / "many.json").read_bytes())
    rectify = CommandLine(tmp_path, BROKER=f"kafka://{kafka.bootstrap}", TOPIC_PREFIX=topic_prefix)
    assert (await rectify.run("topics", "create", "--partitions", "1")).code == 0
    assert len(commands) == 5
    ended = [await rectify.apart(*words[1:]) for words in commands]
    assert [one.code for one in ended] == [0] * 5, [one.err for one in ended]
    assert "完整 · complete" in ended[1].out
    assert "refused 0" in ended[4].out


async def test_a_tool_is_run_and_answers_what_is_asked(kafka: LocalKafka, topic_prefix: str, tmp_path: Path) -> None:
    """Findings and then their run; a list with a name from the registry; a request answered once, and not again."""
    topics, config = Topics(topic_prefix), KafkaConfig(kafka.bootstrap)
    rectify = CommandLine(
        tmp_path, BROKER=f"kafka://{kafka.bootstrap}", TOPIC_PREFIX=topic_prefix, GROUP_ID=topic_prefix
    )
    assert (await rectify.run("topics", "create", "--partitions", "2")).code == 0
    async with serving() as site:
        asset = {"asset_id": "kjj", "name": "市科技局网站", "kind": "website", "url": f"{site.url}/"}
        page = f"{site.url}/a.html"
        site.pages["/a.html"] = b"a"
        request = {
            "id": "r-1", "request_id": "r-1", "asset_id": "kjj", "ticket_id": "ZG-1", "fingerprint": "2-" + "0" * 32,
            "check": "link.dead", "locator": page, "evidence": {"target": "https://x.cn/1"}, "reason": "claim_fix",
            "not_before": AT.isoformat(),
        }  # fmt: skip
        publisher = Publisher(config)
        await publisher.start()
        sent = (
            OutMessage(topics.registry, b"asset:kjj", orjson.dumps(asset)),
            OutMessage(topics.recheck_requests, b"kjj", orjson.dumps(request)),
        )
        assert await publisher.publish(sent) == []
        await publisher.stop()

        script = f"cat {LYCHEE / 'many.json'}; exit 2"
        made, listed = await asyncio.gather(
            rectify.apart("produce", "lychee", "--asset", "kjj", "--json", "--", "sh", "-c", script),
            rectify.apart("publish", str(SAMPLES / "problem-list" / "many.xlsx"), "--format", "problem-list", "--json"),
        )
        assert (made.code, made.json["published"], made.json["run"]["status"]) == (0, 17, "complete"), made.err
        assert (listed.code, listed.json["published"], listed.json["run"]) == (0, 4, None), listed.err
        maps: dict[str, Any] = {name: {} for name in ("error_map", "timeout_map", "redirect_map", "excluded_map")}
        whole = orjson.dumps({"success_map": {page: []}, **maps}).decode()
        answer = ("answer", "lychee", "--asset", "kjj", "--once", "--", "sh", "-c", f"echo '{whole}'", "{locator}")
        first = await rectify.apart(*answer)
        again = await rectify.apart(*answer)
    assert (first.code, again.code) == (0, 0), first.err + again.err
    assert "已答复 · answered 1" in first.out
    assert "已答复 · answered 0" in again.out
    found = await _published(config, topics.findings)
    assert {one["asset_id"] for one in found} == {"kjj"}
    (recheck,) = [one for one in found if one["type"] == "recheck"]
    assert (recheck["request_id"], recheck["outcome"], recheck["source"]) == ("r-1", "absent", "lychee")
    (run,) = [one for one in found if one["type"] == "run"]
    assert run["found"] == sum(one.get("run_id") == run["run_id"] for one in found) - 1
