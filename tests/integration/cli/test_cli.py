"""The command line on a real Kafka and a real database, as processes of their own."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.cells import cell_len

from schemas.topics import Topics
from streams.clock import system_time
from streams.kafka.config import KafkaConfig
from streams.kafka.publisher import OutMessage, Publisher
from streams.ledger import open_ledger
from streams.local.kafka import LocalKafka
from streams.local.processes import free_ports
from streams.rules.state.snapshot import ChangeSet
from streams.services.listening import TopicRecord, open_reader
from tests.support.command_line import CommandLine, Ended, interrupt
from tests.support.ledger import asset_pk, open_ticket, problem, save

FINDING = {
    "asset_id": "www",
    "check": "link.dead",
    "observed_at": "2026-02-13T16:00:00+08:00",
    "locator": "https://a.cn/",
}


@pytest.fixture
def config(kafka: LocalKafka) -> KafkaConfig:
    """How this process reaches the broker."""
    return KafkaConfig(kafka.bootstrap)


@pytest.fixture
def topics(topic_prefix: str) -> Topics:
    """Names that no other test uses."""
    return Topics(topic_prefix)


@pytest.fixture
async def rectify(kafka: LocalKafka, topics: Topics, tmp_path: Path) -> CommandLine:
    """The command, with topics and an empty database."""
    (port,) = free_ports(1)
    command = CommandLine(
        tmp_path,
        BROKER=f"kafka://{kafka.bootstrap}",
        TOPIC_PREFIX=topics.prefix,
        GROUP_ID=topics.prefix,
        DATA_DIR=str(tmp_path / "data"),
        WEB_PORT=str(port),
    )
    created, upgraded = await asyncio.gather(
        command.run("topics", "create", "--partitions", "2", "--json"), command.run("db", "upgrade")
    )
    assert (created.code, upgraded.code) == (0, 0), created.err + upgraded.err
    assert len(created.json["created"]) == len(topics.specs())
    return command


async def _records(config: KafkaConfig, topic: str) -> list[TopicRecord]:
    async with open_reader(config, [topic], from_beginning=True) as reader:
        return [record async for record in reader.to_the_end()]


@asynccontextmanager
async def _publisher(config: KafkaConfig) -> AsyncIterator[Publisher]:
    publisher = Publisher(config)
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop()


async def test_topics_are_created_once_and_listed(rectify: CommandLine, topics: Topics) -> None:
    """A second `create` changes nothing; `list` shows every topic with its partitions."""
    again, listed = await asyncio.gather(
        rectify.run("topics", "create", "--json"), rectify.run("topics", "list", "--json")
    )

    assert again.json["created"] == []
    assert {row["topic"]: row["partitions"] for row in listed.json} == {spec.name: 2 for spec in topics.specs()}


async def test_publish_sends_what_passes_and_names_the_rest(
    rectify: CommandLine, config: KafkaConfig, topics: Topics, tmp_path: Path
) -> None:
    """From a pipe and from a file: the line as it is, keyed by its asset; a refused line does not stop the next."""
    good = [json.dumps({**FINDING, "locator": f"https://a.cn/{n}", "extra": n}).encode() for n in range(3)]
    (tmp_path / "f.csv").write_text("asset_id,check,observed_at\nxz,home.stale,2026-02-13T16:00:00+08:00\n")

    piped = await rectify.apart("publish", "-", given=b"\n".join([good[0], b'{"asset_id":"www"}', *good[1:]]))
    table = await rectify.run("publish", "f.csv", "--json")
    records = await _records(config, topics.findings)

    assert piped.code == 1
    assert "line 2 refused: check" in piped.err
    nothing_odd: dict[str, list[str]] = {"refused": [], "unknown_checks": [], "unknown_fields": []}
    assert (table.code, table.json) == (0, {"published": 1, **nothing_odd})
    assert {record.value for record in records if record.key == b"www"} == set(good)
    assert [record.document["check"] for record in records if record.key == b"xz"] == ["home.stale"]


async def test_publish_hands_a_pipe_on_at_once(rectify: CommandLine, config: KafkaConfig, topics: Topics) -> None:
    """A producer that keeps its pipe open does not wait for the next line."""
    process = await rectify.start("publish", "-")
    assert process.stdin is not None
    async with open_reader(config, [topics.findings]) as reader, asyncio.timeout(60):
        process.stdin.write(json.dumps(FINDING).encode() + b"\n")
        await process.stdin.drain()
        first = await anext(aiter(reader.follow()))

    assert first.document == FINDING
    process.stdin.close()
    assert await process.wait() == 0


async def test_registry_import_publishes_keyed_records(
    rectify: CommandLine, config: KafkaConfig, topics: Topics, tmp_path: Path
) -> None:
    """Units, assets and a calendar year are on the registry topic under the keys of the contract."""
    (tmp_path / "r.yaml").write_text(
        "units:\n- {unit_id: kjj, name: 市科技局}\n"
        "assets:\n- {asset_id: www, name: 门户, kind: website, unit_id: kjj}\n"
    )
    days = [{"date": f"2031-01-{day:02}", "off": True} for day in (1, *range(21, 31))]
    (tmp_path / "2031.json").write_text(json.dumps({"year": 2031, "days": days}))

    imported = await rectify.run("registry", "import", "r.yaml", "--json")
    calendar = await rectify.run("calendar", "import", "2031.json", "--yes", "--json")
    records = {record.key: record.document for record in await _records(config, topics.registry)}

    assert imported.json["published"] is True
    assert imported.json["changes"] == {kind: {"new": 1, "changed": 0, "unchanged": 0} for kind in ("unit", "asset")}
    assert calendar.json["published"] is True
    assert records.keys() == {b"unit:kjj", b"asset:www", b"calendar:2031"}
    assert records[b"asset:www"]["unit_id"] == "kjj"


async def test_watch_follows_until_interrupted(rectify: CommandLine, config: KafkaConfig, topics: Topics) -> None:
    """One line of JSON for each message from now on; Ctrl-C is the ordinary end."""
    event = {"type": "opened", "at": "2026-02-13T16:00:00+08:00", "summary": "门户：死链", "ticket_id": "ZG1"}
    process = await rectify.start("watch", "--json")
    assert process.stdout is not None
    line = asyncio.ensure_future(process.stdout.readline())
    async with _publisher(config) as publisher, asyncio.timeout(60):
        while not line.done():
            await publisher.publish([OutMessage(topics.events, b"www", json.dumps(event).encode())])
            await asyncio.wait({line}, timeout=0.2)

    assert json.loads(await line) == event
    assert await interrupt(process) == 0

    told = await rectify.run("watch", topics.events, "--no-follow", "--limit", "1")
    assert told.out == "2026-02-13 16:00  立单  门户：死链 [ZG1]\n"


async def test_dead_letters_are_listed_and_replayed(rectify: CommandLine, config: KafkaConfig, topics: Topics) -> None:
    """The original goes back to where it came from: key, value, headers without ours; none that is cut short."""
    ours = {
        "rectify-error": "invalid_json",
        "rectify-error-detail": "value: not JSON",
        "rectify-origin-topic": topics.findings,
        "rectify-origin-partition": "1",
        "rectify-origin-offset": "17",
    }
    headers = (("trace", b"\xff\x00"), *((name, value.encode()) for name, value in ours.items()))
    cut = (*headers, ("rectify-truncated", b"true"))
    async with _publisher(config) as publisher:
        await publisher.publish(
            [
                OutMessage(topics.dead_letters, b"www", b"{", headers),
                OutMessage(topics.dead_letters, b"www", b"x" * 100, cut),
            ]
        )

    whole, short = (await rectify.run("dead-letters", "list", "--json")).json
    table = await rectify.run("dead-letters", "list", "--error", "invalid_json")
    unknown = await rectify.run("dead-letters", "replay", "7:7")
    refused = await rectify.run("dead-letters", "replay", short["place"])
    replayed = await rectify.run("dead-letters", "replay", whole["place"])
    everything = await rectify.run("dead-letters", "replay", "--all")
    (record, again) = await _records(config, topics.findings)

    assert (whole["error"], whole["origin_offset"], whole["value"]) == ("invalid_json", "17", "{")
    assert whole["headers"] == {"trace": {"base64": "/wA="}}
    assert "value: not JSON" in table.out
    assert (unknown.code, refused.code) == (1, 1)
    assert "7:7" in unknown.err
    assert short["place"] in refused.err
    assert (replayed.code, replayed.err, everything.code) == (0, "", 0)
    assert "1 are cut short" in everything.err
    assert again.value == record.value
    assert (record.key, record.value, record.headers) == (b"www", b"{", (("trace", b"\xff\x00"),))


async def test_a_ticket_from_publishing_to_closing(rectify: CommandLine, tmp_path: Path) -> None:
    """Two people work on a ticket; every command waits for its answer, and a refusal says why."""
    now = system_time().isoformat()  # whatever it is: by night a notice would wait for the morning
    rectify = rectify.with_settings(CLOCK=f"start=2026-06-15T10:00:00+08:00,rate=1,at={now}")
    (tmp_path / "r.yaml").write_text(
        "units:\n- {unit_id: kjj, name: 市科技局, contacts: [{name: 王, email: wang@kjj.gov.cn}]}\n"
        "assets:\n- {asset_id: www, name: 科技局门户, kind: website, unit_id: kjj}\n"
    )
    (tmp_path / "f.jsonl").write_text(json.dumps({**FINDING, "source": "crawler", "evidence": {"http_status": 404}}))
    with (tmp_path / "worker.log").open("wb") as log:
        worker = await rectify.start("worker", out=log.fileno(), err=log.fileno())
    try:
        await rectify.run("registry", "import", "r.yaml")
        for kind in ("unit", "asset"):  # known before anything is found wanting
            await _first(rectify, "registry", "list", "--kind", kind)
        await rectify.run("publish", "f.jsonl")
        ticket = await _first(rectify, "ticket", "list", "--unit", "kjj")
        prefix = ticket["ticket_id"][:10].lower()

        acknowledged = await rectify.run("ticket", "ack", prefix, "--by", "王五")
        refused = await rectify.run("ticket", "approve", prefix, "-r", "看过", "--json")
        claimed = await rectify.run(
            "ticket", "claim", prefix, "--measures", "已修复", "--evidence", "url=https://a.cn/", "--json"
        )
        listed = await rectify.run("ticket", "list", "--unit", "kjj", "--status", "claimed", "--overdue")
        shown = await rectify.run("ticket", "show", prefix)
        document = (await rectify.run("ticket", "show", prefix, "--json")).json
        unsent = await _first(rectify, "notice", "list", "--ticket", prefix, "--state", "suppressed")
        notice = unsent["notice_id"][:12]
        resent = await rectify.run("notice", "resend", notice, "-r", "渠道已配置", "--by", "李四", "--json")
        stopped = await rectify.run("notice", "suppress", notice, "-r", "已电话告知", "--by", "李四")
        about = await rectify.run("notice", "show", notice)
        closed = await rectify.run("ticket", "close", prefix, "-r", "电话核实", "--by", "李四")
        none = await rectify.run("ticket", "list", "--json")
    finally:
        code = await interrupt(worker)

    assert code == 0, (tmp_path / "worker.log").read_text()
    assert (acknowledged.code, acknowledged.out) == (0, "科技局门户：王五 已签收\n"), acknowledged.err
    assert (refused.code, refused.json["answer"]["type"]) == (1, "command_refused")
    assert claimed.json["answer"]["evidence"] == {"url": "https://a.cn/"}
    assert "待复核" in listed.out
    assert "市科技局" in listed.out
    assert max(cell_len(line) for line in listed.out.splitlines()) <= 120
    assert "指纹 2-" in shown.out
    assert "王五 签收，开始办理。" in shown.out
    assert "w***@kjj.gov.cn" in shown.out
    assert "wang@" not in shown.out + json.dumps(document)
    assert document["fingerprints"][0]["fingerprint"] == document["problems"][0]["fingerprint"]
    assert {"opened", "acknowledged", "command_refused", "fix_claimed"} <= {e["type"] for e in document["history"]}
    assert (resent.code, resent.json["answer"]["notice_id"]) == (0, unsent["notice_id"]), resent.err
    assert (stopped.code, "通知不在待发状态，不能停发" in stopped.out) == (1, True), stopped.err
    assert "李四 补发给王的邮件通知，理由：渠道已配置" in about.out
    assert closed.out == "科技局门户：人工销号\n"
    assert "措施：已修复" in shown.out
    assert none.json == []


async def test_without_a_worker_a_command_says_that_nobody_answers(rectify: CommandLine, tmp_path: Path) -> None:
    """The command is sent, dated by the one clock; who waits is told in time, and `--no-wait` does not wait."""
    await _store_ticket(tmp_path / "data" / "rectify.db")
    slow = rectify.with_settings(CLOCK="start=2023-02-24T09:00:00+08:00,rate=0.000001,at=2026-01-01T00:00:00Z")

    waited = await slow.run("ticket", "ack", "ZG", "--timeout", "0.5")
    left = await rectify.run("ticket", "ack", "ZG", "--no-wait", "--json")
    lines = (await rectify.run("watch", "commands", "--no-follow", "--json")).out.splitlines()
    sent = [json.loads(line) for line in lines]

    assert waited.code == 1
    assert "is a worker running?" in waited.err
    assert (left.code, left.json["answer"]) == (0, None)
    assert left.json["command_id"] in {command["command_id"] for command in sent}
    assert {command["asset_id"] for command in sent} == {"asset-1"}
    assert min(command["at"] for command in sent).startswith("2023-02-24")


@pytest.mark.long("a Kafka of its own; the one of `rectify up` and that of the tests are started the same way")
async def test_broker_runs_until_interrupted_and_is_found(tmp_path: Path) -> None:
    """It prints its address; commands without a broker setting find it; Ctrl-C leaves nothing behind."""
    rectify = CommandLine(tmp_path, DATA_DIR=str(tmp_path / "data"))
    process = await rectify.start("broker")
    assert process.stdout is not None
    async with asyncio.timeout(120):
        address = (await process.stdout.readline()).decode().strip()
    created = await rectify.run("topics", "create", "--partitions", "1")
    code = await interrupt(process)
    gone = await rectify.run("topics", "list")

    assert address.startswith("kafka://127.0.0.1:")
    assert created.code == 0, created.err
    assert code == 0
    assert (gone.code, gone.err.count("\n")) == (1, 1)
    assert address.removeprefix("kafka://") in gone.err


async def _first(rectify: CommandLine, *command: str) -> dict[str, str]:
    """The first thing that is listed, once there is one: a worker does its part in its own time."""
    async with asyncio.timeout(60):
        while True:
            listed: Ended = await rectify.run(*command, "--json")
            if listed.json:
                found: dict[str, str] = listed.json[0]
                return found


async def _store_ticket(path: Path) -> None:
    ledger = await open_ledger(f"sqlite:///{path}", owner="test")
    asset = await asset_pk(ledger)
    await save(ledger, ChangeSet(problems=[problem("a", asset, 1, 1)], new_tickets=[open_ticket(1, "a", asset)]))
    await ledger.close()
