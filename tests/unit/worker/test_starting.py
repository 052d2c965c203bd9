"""What cannot start says so: one sentence in Chinese and English that names the setting, exit code 1, no traceback."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import structlog
from typer.testing import CliRunner

from streams.cli.terminal.root import app
from streams.kafka.config import KafkaConfig
from streams.worker.process import broker_answers
from streams.worker.worker import StartError
from tests.support.secured_kafka import Authority

NOWHERE = "127.0.0.1:1"
TLS: Final = {"RECTIFY_KAFKA_SECURITY_PROTOCOL": "SSL"}
CERTIFICATE: Final = {**TLS, "RECTIFY_KAFKA_SSL_CERTFILE": "file"}


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("RECTIFY_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("neither YAML: nor: PEM\n\t")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def refusal(word: str, given: dict[str, str], place: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `rectify worker` or `rectify up` says that does not start."""
    settings = {"RECTIFY_DATA_DIR": str(place / "data"), "RECTIFY_BROKER": NOWHERE, "RECTIFY_WEB_PORT": "0"}
    for name, value in {**settings, **given}.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, [word])
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert " · " in lines[0]
    return lines[0]


@pytest.mark.parametrize("word", ["worker", "up"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"RECTIFY_BROKER": "kafka"}, "RECTIFY_BROKER: a broker is written"),
        ({"RECTIFY_BROKER": "http://k:1"}, "RECTIFY_BROKER: a broker is written"),
        ({"RECTIFY_KAFKA_SECURITY_PROTOCOL": "TLS"}, "RECTIFY_KAFKA_SECURITY_PROTOCOL"),
        ({"RECTIFY_KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, "RECTIFY_KAFKA_SASL_USERNAME"),
        ({**TLS, "RECTIFY_KAFKA_SSL_CAFILE": "none.pem"}, "RECTIFY_KAFKA_SSL_CAFILE: 无法读取 · cannot read none.pem"),
        ({**TLS, "RECTIFY_KAFKA_SSL_CAFILE": "file"}, "RECTIFY_KAFKA_SSL_CAFILE=file"),
        (CERTIFICATE, "RECTIFY_KAFKA_SSL_CERTFILE=file"),
        ({**CERTIFICATE, "RECTIFY_KAFKA_SSL_KEYFILE": "none"}, "RECTIFY_KAFKA_SSL_KEYFILE: 无法读取"),
        ({"RECTIFY_TOPIC_PREFIX": "has blank"}, "RECTIFY_TOPIC_PREFIX"),
        ({"RECTIFY_GROUP_ID": "has blank"}, "RECTIFY_GROUP_ID"),
        ({"RECTIFY_MAX_MESSAGE_BYTES": "1"}, "RECTIFY_MAX_MESSAGE_BYTES"),
        ({"RECTIFY_KEEP_PERSONAL_DAYS": "1"}, "RECTIFY_KEEP_PERSONAL_DAYS"),
        ({"RECTIFY_DATABASE_URL": "rectify.db"}, "RECTIFY_DATABASE_URL: a database is written"),
        ({"RECTIFY_DATABASE_URL": "postgresql://u:p/w@h/d"}, "RECTIFY_DATABASE_URL: 用户名和密码"),
        ({"RECTIFY_DATABASE_URL": "postgresql://u:p@h:port/d"}, "RECTIFY_DATABASE_URL: 用户名和密码"),
        ({"RECTIFY_POLICY": "none.yaml"}, "none.yaml"),
        ({"RECTIFY_POLICY": "file"}, "file"),
        ({"RECTIFY_COMMAND_KEYS": "none.yaml"}, "none.yaml"),
        ({"RECTIFY_COMMAND_KEYS": "file"}, "file"),
        ({"RECTIFY_COMMAND_KEY": "short"}, "RECTIFY_COMMAND_KEY: a command key is written"),
        ({"RECTIFY_TIMEZONE": "China"}, "Asia/Shanghai"),
        ({"RECTIFY_CLOCK": "fast"}, "RECTIFY_CLOCK"),
        ({"RECTIFY_CLOCK": "start=2023-02-24T09:00:00+08:00,rate=10"}, "RECTIFY_CLOCK"),
        ({"RECTIFY_SMTP_URL": "mail.gov.cn"}, "RECTIFY_SMTP_URL: a mail server is written"),
        ({"RECTIFY_SMTP_URL": "smtp://mail:none"}, "RECTIFY_SMTP_URL: 用户名和密码"),
        ({"RECTIFY_SMTP_URL": "smtp://mail?cafile=file"}, "RECTIFY_SMTP_URL: cannot read file"),
        ({"RECTIFY_SMTP_SENDER": "nonsense"}, "RECTIFY_SMTP_SENDER: a sender is written"),
        ({"RECTIFY_SMTP_BOUNCES": "a{}b{}@c.cn"}, "RECTIFY_SMTP_BOUNCES: the sender"),
        ({"RECTIFY_PUBLIC_URL": "r.gov.cn"}, "RECTIFY_PUBLIC_URL"),
        ({"RECTIFY_SMS_PROVIDER": "unicom"}, "RECTIFY_SMS_PROVIDER"),
        ({"RECTIFY_SMS_PROVIDER": "kannel", "RECTIFY_SMS_KANNEL_URL": "k:1"}, "RECTIFY_SMS_KANNEL_URL"),
        ({"RECTIFY_SMS_TEMPLATES": "none.yaml"}, "none.yaml"),
        ({"RECTIFY_CHAT_GROUPS": "none.yaml"}, "none.yaml"),
        ({"RECTIFY_WEB_PORT": "eighty"}, "RECTIFY_WEB_PORT"),
        ({"RECTIFY_WEB_HOST": "192.0.2.1"}, "RECTIFY_WEB_HOST"),
        ({"RECTIFY_WEB_HOST": "no such host"}, "RECTIFY_WEB_HOST"),
        ({"RECTIFY_LOG_FORMAT": "xml"}, "RECTIFY_LOG_FORMAT"),
        ({"RECTIFY_LOG_LEVEL": "LOUD"}, "RECTIFY_LOG_LEVEL"),
        ({"RECTIFY_CONFIG": "none.toml"}, "RECTIFY_CONFIG"),
    ],
    ids=str,
)
def test_each_setting_wrong_in_turn(
    word: str, given: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a Kafka is started and a ticket read."""
    assert said in refusal(word, given, tmp_path, monkeypatch)


@pytest.mark.parametrize(("word", "given"), [("worker", {}), ("up", {"RECTIFY_BROKER": ""})])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])  # noqa: S104
def test_the_port_is_taken(
    word: str, given: dict[str, str], host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said before Kafka is started, with the setting to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refusal(word, {**given, "RECTIFY_WEB_PORT": port, "RECTIFY_WEB_HOST": host}, tmp_path, monkeypatch)
    assert said == f"端口 {port} 已被占用，改 RECTIFY_WEB_PORT · port {port} of {host} is taken: set RECTIFY_WEB_PORT"
    assert not (tmp_path / "data").exists()


def test_a_worker_without_a_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first thing that is forgotten."""
    said = refusal("worker", {"RECTIFY_BROKER": ""}, tmp_path, monkeypatch)
    assert said.startswith("没有设置 Kafka 地址 · no broker is set: RECTIFY_BROKER=")


def test_a_data_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file stands where the folder should be."""
    folder = tmp_path / "file" / "x"
    said = refusal("up", {"RECTIFY_BROKER": "", "RECTIFY_DATA_DIR": str(folder)}, tmp_path, monkeypatch)
    assert said == f"{folder}: 无法读写 · Not a directory"


async def test_a_broker_that_is_away() -> None:
    """A worker waits for it for a while, then it says so and its supervisor starts it again."""
    with pytest.raises(StartError, match=r"无法连接 Kafka · 127\.0\.0\.1:1 does not answer: .*RECTIFY_BROKER"):
        await broker_answers(KafkaConfig(NOWHERE), seconds=0)


def test_a_key_of_another_certificate(tmp_path: Path) -> None:
    """The settings that do not fit each other are named."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    one, other = (Authority(tmp_path / name) for name in ("one", "other"))
    config = KafkaConfig(NOWHERE, "SSL", ssl_certfile=str(one.certificate), ssl_keyfile=str(other.key))
    with pytest.raises(OSError, match=r"证书文件不能使用 · .*RECTIFY_KAFKA_SSL_KEYFILE="):
        config.aiokafka_options()
