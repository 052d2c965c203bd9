"""`rectify doctor` against real servers: what is well, and each thing that may be wrong."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.topics import MESSAGE_BYTES, Topics
from streams.doctor import CheckLine, examine
from streams.doctor.database import skew_line
from streams.doctor.place import disk_line
from streams.kafka.inspection import inspect_cluster, may_join
from streams.ledger import upgrade
from streams.local.kafka import LocalKafka
from streams.local.processes import free_ports
from streams.settings.model import Settings
from streams.worker.process import prepare
from tests.support.command_line import CommandLine
from tests.support.kafka import create_topics, delete_topics
from tests.support.kannel import Kannel
from tests.support.smtp import SmtpServer


@dataclass(frozen=True)
class Installation:
    """Settings that go before everything else."""

    given: Mapping[str, str]

    def with_settings(self, **more: str) -> Installation:
        """The same with more of them."""
        return Installation({**self.given, **{name.lower(): value for name, value in more.items()}})

    @property
    def settings(self) -> Settings:
        """As a command would read them."""
        return Settings.load(**self.given)


@pytest.fixture
async def installation(kafka: LocalKafka, topic_prefix: str, tmp_path: Path) -> Installation:
    """An installation with topics and a SQLite database, and no worker."""
    (port,) = free_ports(1)
    made = Installation({}).with_settings(
        BROKER=f"kafka://{kafka.bootstrap}",
        TOPIC_PREFIX=topic_prefix,
        GROUP_ID=topic_prefix,
        DATA_DIR=str(tmp_path / "data"),
        WEB_PORT=str(port),
    )
    await prepare(made.settings)
    await settled(made.settings)
    return made


async def settled(settings: Settings) -> None:
    """Topics have their leaders, and the topic for groups is made: under load that takes a moment."""
    names = [spec.name for spec in Topics(settings.topic_prefix).specs()]
    async with asyncio.timeout(60):
        while True:
            with suppress(TimeoutError):
                found = (await inspect_cluster(settings.kafka(), names)).topics.values()
                if not any(topic.error or topic.leaderless for topic in found):
                    assert await may_join(settings.kafka(), settings.group_id)
                    return
            await asyncio.sleep(0.2)


async def looked_at(installation: Installation) -> dict[str, list[CheckLine]]:
    """The doctor's lines by what they are about; whatever is not well has an advice."""
    settings = installation.settings
    lines: dict[str, list[CheckLine]] = {}
    for line in await examine(settings, settings.kafka()):
        assert line.level == "ok" or line.advice, line
        assert " · " in line.text, line
        lines.setdefault(line.what, []).append(line)
    return lines


def levels(lines: dict[str, list[CheckLine]], level: str) -> set[str]:
    """What has a line of this level."""
    return {what for what, said in lines.items() if any(line.level == level for line in said)}


async def test_a_sound_installation(installation: Installation, smtp_server: SmtpServer, kannel: Kannel) -> None:
    """Everything is ok but the worker, which does not run; nothing was sent to find out."""
    before = len(kannel.received)
    command = installation.with_settings(
        SMTP_URL=smtp_server.url,
        SMS_PROVIDER="kannel",
        SMS_KANNEL_URL=kannel.sendsms_url,
        SMS_KANNEL_USERNAME=kannel.username,
        SMS_KANNEL_PASSWORD=kannel.password,
    )
    lines = await looked_at(command)
    assert levels(lines, "error") == set()
    # Nobody signs, nobody has registered anything, and none runs.
    assert levels(lines, "warning") == {"links", "office", "registry", "worker"}
    assert {"settings", "clock", "policy", "disk", "web", "database", "calendar", "kafka", "topics", "group"} < set(
        lines
    )
    assert smtp_server.attempts == 0
    assert len(kannel.received) == before


async def test_for_people_and_for_programs(installation: Installation, tmp_path: Path) -> None:
    """Chinese first, an arrow before the advice, the sum at the end; exit code 1 on errors alone; settings too."""
    names = {name.upper(): value for name, value in installation.given.items()}
    command = CommandLine(tmp_path, **names)
    well, wrong = await asyncio.gather(
        command.run("doctor"), command.with_settings(TIMEZONE="Asia/Shanghaj", WEB_PORT="x").run("doctor", "--json")
    )
    assert well.code == 0, well.err
    assert "✓ 数据库版本相符 · fits this program" in well.out
    assert "! 没有配置邮件 · mail is not set up" in well.out
    assert "    → 设置 RECTIFY_SMTP_URL" in well.out
    assert "错误 0 项，提示 6 项 · 0 errors, 6 warnings" in well.out
    assert (wrong.code, wrong.json["ok"]) == (1, False)
    assert [(line["what"], line["level"]) for line in wrong.json["lines"]] == [("settings", "error")] * 2


async def test_topics_missing_too_small_or_kept_wrongly(
    installation: Installation, kafka: LocalKafka, topic_prefix: str
) -> None:
    """A missing topic and a wrong cleanup policy are errors, a small limit is a warning; each is named."""
    topics = Topics(topic_prefix)
    await delete_topics(kafka.bootstrap, [topics.receipts, topics.registry, topics.events])
    await create_topics(kafka.bootstrap, [topics.registry], max_message_bytes=str(MESSAGE_BYTES))
    await create_topics(kafka.bootstrap, [topics.events], max_message_bytes="1048576")
    lines = await looked_at(installation)
    assert levels(lines, "error") == {f"topic {topics.receipts}", f"topic {topics.registry}"}
    assert f"topic {topics.events}" in levels(lines, "warning")
    assert "cleanup.policy" in lines[f"topic {topics.registry}"][0].text
    assert "topics" not in lines


async def test_a_broker_that_is_not_there(installation: Installation) -> None:
    """All bootstrap servers away is an error; one of two is a warning."""
    (port,) = free_ports(1)
    nowhere = f"127.0.0.1:{port}"
    broker = installation.given["broker"]
    gone, one_left = await asyncio.gather(
        looked_at(installation.with_settings(BROKER=f"kafka://{nowhere}")),
        looked_at(installation.with_settings(BROKER=f"{broker},{nowhere}")),
    )
    assert levels(gone, "error") == {"kafka"}
    assert nowhere in gone["kafka"][0].text
    assert [line.level for line in one_left["kafka"]] == ["warning", "ok"]


async def test_a_database_of_another_cluster(installation: Installation, tmp_path: Path) -> None:
    """A worker would refuse it; the doctor says so before."""
    with closing(sqlite3.connect(tmp_path / "data" / "rectify.db", isolation_level=None)) as connection:
        connection.execute("insert into meta (key, value) values ('cluster_id', 'elsewhere')")
    lines = await looked_at(installation)
    assert levels(lines, "error") == {"kafka"}
    assert "elsewhere" in lines["kafka"][0].text


async def test_postgresql_and_its_clock(installation: Installation, postgres_url: str) -> None:
    """An empty database is an error; one that fits is ok, and its clock is compared; the password is not shown."""
    command = installation.with_settings(DATABASE_URL=postgres_url)
    empty = await looked_at(command)
    assert "rectify db upgrade" in empty["database"][0].text
    await upgrade(postgres_url)
    lines = await looked_at(command)
    assert [line.level for line in (*lines["database"], *lines["skew"])] == ["ok", "ok"]
    assert "test-only" not in str(lines)


async def test_mail_and_gateway_that_refuse(installation: Installation, kannel: Kannel) -> None:
    """A wrong login is an error at either; a password without TLS is a warning."""
    server = SmtpServer(login=("rectify", "right"))
    server.start()
    try:
        sms = installation.with_settings(
            SMS_PROVIDER="kannel", SMS_KANNEL_URL=kannel.sendsms_url, SMS_KANNEL_USERNAME=kannel.username
        )
        wrong = server.url.replace("right", "wrong")
        refused, plain, tls = await asyncio.gather(
            looked_at(sms.with_settings(SMTP_URL=wrong, SMS_KANNEL_PASSWORD="wrong")),
            looked_at(sms.with_settings(SMTP_URL=server.url, SMS_KANNEL_PASSWORD=kannel.password)),
            looked_at(installation.with_settings(SMTP_URL=f"{server.url}?starttls=require")),
        )
        assert levels(refused, "error") == {"mail", "sms"}
        assert "right" not in str(plain)
        assert levels(plain, "warning") == {"links", "mail", "office", "registry", "worker"}
        assert levels(tls, "error") == {"mail"}
    finally:
        server.stop()


async def test_a_year_that_is_not_known(installation: Installation) -> None:
    """From 15 December on the next year is missing too; before that it is not asked for."""
    until = "start=2026-12-{}T09:00:00+08:00,rate=1,at={}"
    now = datetime.now(UTC).isoformat()  # noqa: TID251 - the clock shows a date of choice from now on
    before, after = await asyncio.gather(
        looked_at(installation.with_settings(CLOCK=until.format("14", now))),
        looked_at(installation.with_settings(CLOCK=until.format("15", now))),
    )
    assert levels(before, "error") == set()
    assert levels(after, "error") == {"calendar"}
    assert "2027" in after["calendar"][0].text


@pytest.mark.parametrize(("seconds", "level"), [(0.4, "ok"), (-3, "warning"), (90, "error")])
def test_clocks_apart(seconds: float, level: str) -> None:
    """Two seconds are worth a word, a minute is wrong."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert skew_line(now + timedelta(seconds=seconds), now).level == level


def test_a_small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The free space of the file system that the data folder will lie on decides."""
    assert disk_line(tmp_path / "not" / "made" / "yet").level == "ok"
    monkeypatch.setattr("streams.doctor.place.shutil.disk_usage", lambda _: _Usage(100 << 20))
    assert disk_line(tmp_path).level == "error"
    monkeypatch.setattr("streams.doctor.place.shutil.disk_usage", lambda _: _Usage(1 << 30))
    assert disk_line(tmp_path).level == "warning"


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free
