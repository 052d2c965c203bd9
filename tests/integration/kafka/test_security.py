"""A real broker that refuses everything else: logins, certificates, and the access lists that SECURITY.md gives."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from schemas.topics import Topics
from streams.doctor.kafka import kafka_lines
from streams.files.policy.loading import load_policy
from streams.kafka.admin import create_topics
from streams.kafka.config import KafkaConfig
from streams.kafka.inspection import READ, WRITE, Cluster, inspect_cluster, may_join, unanswering
from streams.kafka.publisher import OutMessage, Publisher
from streams.ledger import upgrade
from streams.services.listening import open_reader
from streams.settings.model import Settings
from streams.worker.worker import Worker
from tests.support.command_line import ROOT, CommandLine
from tests.support.secured_kafka import ADMIN, GROUP, TOPIC, Authority, Right, SecuredKafka, password

TOPICS: Final = Topics("rectify")
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
ROLES: Final = ("worker", "setup", "producer", "decider", "registrar", "issuer", "listener", "operator")
NAMES: Final = [spec.name for spec in TOPICS.specs()]


def documented() -> dict[str, dict[str, list[str]]]:
    """SECURITY.md's table: role -> Read, Write, group -> names."""
    text = (ROOT / "SECURITY.md").read_text("utf-8").partition("| role |")[2].partition("\n\n")[0]
    rows = [line.strip()[1:-1].split("|") for line in text.splitlines()[2:]]
    cells = {row[0].split()[0].strip(":"): [re.findall(r"`(rectify[^`]*)`", cell) for cell in row] for row in rows}
    return {role: {"Read": row[1], "Write": row[2], "group": row[3]} for role, row in cells.items()}


def rights() -> list[Right]:
    """The access lists that the table asks for."""
    found = [Right("setup", "Create", TOPIC, "rectify.", prefixed=True)]
    found.append(Right("setup", "Describe", TOPIC, "rectify.", prefixed=True))
    for role, row in documented().items():
        for operation in ("Read", "Write"):
            found += [Right(role, operation, TOPIC, name.rstrip("*"), name.endswith("*")) for name in row[operation]]
        found += [Right(role, "Read", GROUP, name) for name in row["group"]]
    return found


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """The broker with everybody's logins, the topics made by `setup`, and the access lists of SECURITY.md."""
    folder = tmp_path_factory.mktemp("authority")
    secured = SecuredKafka(tmp_path_factory.mktemp("secured"), Authority(folder), ROLES)

    async def start() -> None:
        await secured.start()
        await secured.grant(rights())
        await create_topics(secured.config("setup"), TOPICS.specs(), partitions=2)

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(start())
        yield secured
        runner.run(secured.stop())


async def test_the_right_login_is_let_in(broker: SecuredKafka) -> None:
    """Every mechanism, with our authority and a client certificate."""
    for mechanism in MECHANISMS:
        assert await unanswering(broker.config("worker", mechanism)) == {}, mechanism


async def test_everything_else_is_refused(broker: SecuredKafka, tmp_path: Path) -> None:
    """No TLS, no login, a wrong password, an unknown authority, no certificate or a stranger's: nobody gets in."""
    stranger = Authority(tmp_path)
    wrong: dict[str, dict[str, Any]] = {
        "no TLS": {"security_protocol": "SASL_PLAINTEXT"},
        "no login": {"security_protocol": "SSL"},
        "neither": {"security_protocol": "PLAINTEXT"},
        "wrong password": {"sasl_password": "guessed"},
        "wrong SCRAM password": {"sasl_password": "guessed", "sasl_mechanism": "SCRAM-SHA-512"},
        "unknown authority": {"ssl_cafile": str(stranger.ca)},
        "no authority": {"ssl_cafile": None},
        "no certificate": {"ssl_certfile": None, "ssl_keyfile": None},
        "a stranger's certificate": {"ssl_certfile": str(stranger.certificate), "ssl_keyfile": str(stranger.key)},
    }
    for what, other in wrong.items():
        config = replace(broker.config("worker"), **other)
        refused = await asyncio.wait_for(unanswering(config), 30)
        assert list(refused) == [broker.bootstrap], what
        lines = await kafka_lines(config, TOPICS, load_policy(), "rectify", None)
        assert [(line.what, line.level) for line in lines] == [("kafka", "error")], what
        assert "secret" not in lines[0].text + lines[0].advice


async def test_each_role_can_do_what_it_must_and_nothing_else(broker: SecuredKafka) -> None:
    """Kafka itself says what each login may do: exactly SECURITY.md's table."""
    assert list(documented()) == list(ROLES)
    for role, row in documented().items():
        config = broker.config(role)
        cluster = await inspect_cluster(config, NAMES)
        assert allowed(cluster, READ) == expanded(row["Read"]), role
        assert allowed(cluster, WRITE) == expanded(row["Write"]), role
        assert await may_join(config, "rectify") is bool(row["group"]), role


def allowed(cluster: Cluster, operation: int) -> set[str]:
    """The topics for which the operation is allowed."""
    return {name for name, topic in cluster.topics.items() if topic.may(operation)}


def expanded(names: list[str]) -> set[str]:
    """Prefixed patterns written out."""
    return {
        topic
        for topic in NAMES
        for name in names
        if topic == name or (name.endswith("*") and topic.startswith(name.rstrip("*")))
    }


async def test_the_doctor_names_each_missing_right(broker: SecuredKafka) -> None:
    """For the worker's login all is well; a producer's lacks each right that a worker needs."""
    well = await kafka_lines(broker.config("worker"), TOPICS, load_policy(), "rectify", None)
    assert {line.level for line in well} == {"ok"}
    missing = await kafka_lines(broker.config("producer"), TOPICS, load_policy(), "rectify", None)
    wrong = {line.what for line in missing if line.level == "error"}
    assert wrong == {"group"} | {f"topic {name}" for name in NAMES}


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_a_worker_with_the_least_rights(broker: SecuredKafka, mechanism: str, tmp_path: Path) -> None:
    """A finding by the producer's login becomes a ticket and an event; the worker's login suffices for all of it."""
    asset = f"site-{mechanism}"
    database = f"sqlite:///{tmp_path / 'rectify.db'}"
    await upgrade(database)
    settings = Settings.load(
        **broker.settings,
        kafka_sasl_mechanism=mechanism,
        kafka_sasl_username="worker",
        kafka_sasl_password=password("worker"),
        database_url=database,
        data_dir=str(tmp_path),
        web_port=0,
    )
    finding = {
        "asset_id": asset,
        "check": "link.dead",
        "locator": "https://a.gov.cn/",
        "observed_at": "2026-03-02T09:00:00+08:00",
    }
    await publish(broker.config("producer", mechanism), TOPICS.findings, orjson.dumps(finding))
    async with Worker(settings) as worker:
        running = asyncio.create_task(worker.run())
        opened = await asyncio.wait_for(first_event(broker.config("decider", mechanism), asset), 60)
        worker.stop()
        await running
    assert opened["type"] == "opened"


async def publish(config: KafkaConfig, topic: str, value: bytes) -> None:
    """Publish one message with a login of its own."""
    publisher = Publisher(config)
    await publisher.start()
    try:
        assert await publisher.publish([OutMessage(topic, None, value)]) == []
    finally:
        await publisher.stop()


async def first_event(config: KafkaConfig, asset: str) -> dict[str, Any]:
    """The first event about the asset."""
    async with open_reader(config, [TOPICS.events], from_beginning=True) as reader:
        async for record in reader.follow():
            event: dict[str, Any] = orjson.loads(record.value or b"{}")
            if event.get("asset_id") == asset:
                return event
    raise AssertionError


async def test_secrets_are_shown_nowhere(broker: SecuredKafka, tmp_path: Path) -> None:
    """From files; not in what commands print, not in a worker's log, not in its arguments, also when they are wrong."""
    secrets = {
        "KAFKA_SASL_PASSWORD": password("worker"),
        "SMTP_URL": "smtp://rectify:mail-hidden@127.0.0.1:1",
        "SMS_KANNEL_PASSWORD": "sms-hidden",
        "DATABASE_URL": "postgresql://rectify:db-hidden@127.0.0.1:1/rectify",
    }
    given = {name.upper(): value for name, value in broker.settings.items()}
    for name, value in secrets.items():
        (tmp_path / name).write_text(f"{value}\n")
        given[f"{name}_FILE"] = str(tmp_path / name)
    command = CommandLine(
        tmp_path, **given, KAFKA_SASL_USERNAME="worker", LOG_LEVEL="DEBUG", WEB_PORT="0", LOG_FORMAT="json",
        SMS_PROVIDER="kannel", SMS_KANNEL_URL="http://127.0.0.1:1/cgi-bin/sendsms", DATA_DIR=str(tmp_path),
    )  # fmt: skip
    worker = await command.start("worker")
    words = (("config", "--json"), ("doctor",), ("db", "check"), ("ticket", "list"))
    ended = [await command.run(*one) for one in words]
    arguments = await asyncio.to_thread(Path(f"/proc/{worker.pid}/cmdline").read_text, "utf-8")
    assert worker.stderr is not None
    log = b""
    async with asyncio.timeout(60):
        while b"database_unavailable" not in log:
            line = await worker.stderr.readline()
            assert line, log
            log += line
    worker.terminate()
    try:
        async with asyncio.timeout(20):
            out, err = await worker.communicate()
    except TimeoutError:
        worker.kill()
        out, err = await worker.communicate()
    said = (out + log + err).decode() + arguments + "".join(one.out + one.err for one in ended)
    assert "database_unavailable" in said
    assert "********" in said
    for value in (password("worker"), "mail-hidden", "sms-hidden", "db-hidden", password(ADMIN)):
        assert value not in said
