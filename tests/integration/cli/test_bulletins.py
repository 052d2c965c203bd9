"""`rectify bulletin` on a real ledger: drafts, our template and an office's own; issued ones; what contradicts."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import orjson
import pytest

from schemas.topics import Topics
from streams.kafka.config import KafkaConfig
from streams.ledger import open_ledger
from streams.ledger.batch.bulletins import BulletinEntry
from streams.local.kafka import LocalKafka
from streams.worker.intake.issued import read_bulletin
from tests.support.command_line import ROOT, CommandLine
from tests.support.fetching import read_all
from tests.support.world import MAX_BYTES, local

NOW = "start=2023-02-21T12:00:00+08:00,rate=0.000001,at=2026-01-01T00:00:00Z"
PERIOD = ("--from", "2023-01-28", "--to", "2023-02-11", "--as-of", "2023-02-20")


@pytest.fixture
def rectify(tmp_path: Path, sqlite_database: str) -> CommandLine:
    """The command line on an empty ledger."""
    return CommandLine(tmp_path, DATABASE_URL=sqlite_database, CLOCK=NOW)


async def test_drafts(rectify: CommandLine, tmp_path: Path) -> None:
    """Every format, from ours and from the office's template; what somebody may have edited is not written over."""
    (tmp_path / "typed.yaml").write_text("title: 通报\ndate: 2023-02-20\n")
    assert (await rectify.run("bulletin", "template", "own.docx")).code == 0
    options = ("bulletin", "draft", *PERIOD, "--typed", "typed.yaml")
    for kind, begins in (("docx", b"PK"), ("xlsx", b"PK"), ("html", b"<!doctype html>"), ("json", b"{")):
        ended = await rectify.run(*options, "--format", kind, "--json")
        assert (ended.code, ended.json["contradictions"]) == (0, [])
        assert (tmp_path / ended.json["file"]).read_bytes().startswith(begins)
    again = await rectify.run(*options)
    assert (again.code, "未覆盖" in again.err) == (1, True)
    assert (await rectify.run(*options, "--template", "own.docx", "--out", "own-made.docx")).code == 0
    made = [tmp_path / name for name in ("own-made.docx", "通报-2023-01-28-2023-02-11.docx")]
    assert made[0].read_bytes() == made[1].read_bytes(), "the template that was not edited is ours"
    assert (await rectify.run(*options, "--template", "own.docx", "--format", "html")).code == 2


async def test_the_guides_commands(
    rectify: CommandLine, kafka: LocalKafka, topic_prefix: str, tmp_path: Path, sqlite_database: str
) -> None:
    """In their order, with the guide's fields by hand: published once the broker has it, recorded by a worker."""
    guide = (ROOT / "docs/zh/bulletins.md").read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.+?)\n```$", guide, re.MULTILINE | re.DOTALL)
    typed, printed = re.findall(r"^```yaml\n(.+?\n)```$", guide, re.MULTILINE | re.DOTALL)
    (tmp_path / "填写.yaml").write_text(typed, "utf-8")
    (tmp_path / "抄录.yaml").write_text(printed, "utf-8")
    rectify = rectify.with_settings(BROKER=f"kafka://{kafka.bootstrap}", TOPIC_PREFIX=topic_prefix)
    assert (await rectify.run("topics", "create", "--partitions", "1")).code == 0
    commands = [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]
    assert len(commands) == 11
    for words in commands:
        if words[1] == "list":
            assert (await rectify.run("bulletin", "list", "--json")).json == [], "no worker has read it yet"
            await recorded(KafkaConfig(kafka.bootstrap), Topics(topic_prefix), sqlite_database)
        ended = await rectify.run(*words)
        assert ended.code == 0, (words, ended)
    assert "咸政办函〔2023〕1号" in (await rectify.run("bulletin", "list")).out
    assert (await rectify.run("bulletin", "check", "抄录.yaml")).out.count("应为") == 2
    assert (tmp_path / "印发稿.docx").exists()
    document = (await rectify.run("bulletin", "show", "咸政办函〔2023〕1号", "--json")).json
    assert document["typed"]["requirements"].startswith("请各有关单位对照本通报")
    (tmp_path / "issued.json").write_bytes(orjson.dumps(document))
    assert (await rectify.run("bulletin", "check", "issued.json")).code == 0
    (tmp_path / "issued.json").write_bytes(orjson.dumps({**document, "number": "2号"}))
    changed = await rectify.run("bulletin", "check", "issued.json")
    assert (changed.code, "已被改动" in changed.out) == (1, True)


async def recorded(config: KafkaConfig, topics: Topics, database: str) -> None:
    """What a worker makes of the one record of the topic."""
    (record,) = await read_all(config, topics.bulletins)
    entry = read_bulletin(record.key, record.value, MAX_BYTES)
    assert isinstance(entry, BulletinEntry)
    ledger = await open_ledger(database, owner="test")
    async with ledger.transaction() as tx:
        await tx.bulletins.add([entry], local("2023-02-21 12:00"))
    await ledger.close()


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("totals: [{label: 网站, checked: 134, unqualified: 8, rate: 94.3%}]", 1, "134 中 126 应为 94.0%"),
        ("typed: {sums: [{name: 账号, parts: [18, 1, 2], total: 28}]}", 1, "分项合计 21，总数印作 28"),
        ("typed: {shares: [{name: 办结率, part: 48, whole: 49, printed: 98.0%}]}", 0, "没有矛盾"),
        ("totals: [{label: 网站, checked: 很多}]", 1, "totals.0.checked"),
        ("- 1", 1, "expected fields"),
    ],
)
async def test_what_contradicts(rectify: CommandLine, tmp_path: Path, text: str, code: int, said: str) -> None:
    """A notice typed off as far as one likes: one sentence for each thing that does not hold."""
    (tmp_path / "notice.yaml").write_text(text, "utf-8")
    ended = await rectify.run("bulletin", "check", "notice.yaml")
    assert (ended.code, said in ended.out + ended.err) == (code, True), ended
