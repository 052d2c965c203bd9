"""The servers that the other integration tests stand on do what those rely on."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

from streams.local.kafka import BrokerError, LocalKafka
from tests.support.kafka import create_topics
from tests.support.kannel import Kannel
from tests.support.postgres import Postgres
from tests.support.smtp import SmtpServer


async def _publish(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=10_000_000) as producer:
        await producer.send_and_wait(topic, value, timestamp_ms=1_677_200_000_000)


async def _read_all(bootstrap: str, topic: str, count: int) -> list[bytes]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        return [(await asyncio.wait_for(consumer.getone(), 20)).value for _ in range(count)]


@pytest.mark.long("Kafka is started three times")
async def test_kafka_keeps_records_through_a_kill_and_a_restart(kafka_folder: Path) -> None:
    """What was acknowledged before kill -9 is read after the restart, from the same address."""
    broker = LocalKafka(kafka_folder, brief=True)
    await broker.start()
    try:
        before = broker.bootstrap
        await create_topics(before, ["kept"], partitions=1)
        await _publish(before, "kept", b"one")
        broker.kill()
        assert not broker.alive
        await broker.start()
        assert broker.bootstrap == before
        await broker.restart()
        await _publish(before, "kept", b"two")
        assert await _read_all(before, "kept", 2) == [b"one", b"two"]
    finally:
        await broker.stop()


async def test_kafka_refuses_a_folder_in_use(kafka: LocalKafka) -> None:
    """A second broker on the same folder says so instead of damaging it."""
    second = LocalKafka(kafka.folder)
    with pytest.raises(BrokerError, match="using this folder"):
        await second.start()


async def test_kafka_refuses_a_port_in_use(kafka: LocalKafka, kafka_folder: Path) -> None:
    """A fixed port that is taken is named in the error."""
    port = int(kafka.bootstrap.rpartition(":")[2])
    with pytest.raises(BrokerError, match=str(port)):
        await LocalKafka(kafka_folder, port=port, brief=True).start()


async def test_kafka_shows_why_it_ended(kafka_folder: Path) -> None:
    """A broker that ends while it starts raises with the end of its log."""
    (kafka_folder / "log").mkdir(parents=True)
    (kafka_folder / "log" / "meta.properties").write_text("version=1\nnode.id=2\ncluster.id=of-another-cluster\n")
    with pytest.raises(BrokerError, match=r"(?s)ended while it started.*Stored node id 2"):
        await LocalKafka(kafka_folder, brief=True).start()


async def test_kafka_says_when_java_cannot_run(kafka_folder: Path) -> None:
    """What java itself complains about is in the error."""
    with pytest.raises(BrokerError, match=r"Too small maximum heap"):
        await LocalKafka(kafka_folder, heap_mb=1).start()


async def test_kafka_takes_nine_mebibytes(kafka: LocalKafka, topic_prefix: str) -> None:
    """The largest dead letter fits."""
    await create_topics(kafka.bootstrap, [topic_prefix], partitions=1)
    value = b"x" * (9 * 1024 * 1024)
    await _publish(kafka.bootstrap, topic_prefix, value)
    assert await _read_all(kafka.bootstrap, topic_prefix, 1) == [value]


async def test_kafka_dates_records_itself(kafka: LocalKafka, topic_prefix: str) -> None:
    """A record that its producer dates 2023 gets the broker's time, so that retention does not delete it."""
    await create_topics(kafka.bootstrap, [topic_prefix], partitions=1)
    await _publish(kafka.bootstrap, topic_prefix, b"old")
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(topic_prefix, 0)])
        record = await asyncio.wait_for(consumer.getone(), 20)
    assert record.timestamp > 1_700_000_000_000


def test_kafka_ends_with_its_parent(kafka_folder: Path) -> None:
    """When the program that started it is killed with SIGKILL, no java stays behind."""
    program = f"""
import asyncio
from pathlib import Path
from streams.local.kafka import LocalKafka
async def main():
    broker = LocalKafka(Path({str(kafka_folder)!r}), brief=True)
    await broker.start()
    print(broker.pid, flush=True)
    await broker.wait()
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        java = int(parent.stdout.readline())
        watch = os.pidfd_open(java)
        parent.send_signal(signal.SIGKILL)
        ended, _, _ = select.select([watch], [], [], 10)
        os.close(watch)
    assert ended


async def test_postgres_keeps_commits_through_an_immediate_shutdown(postgres: Postgres) -> None:
    """A committed row is there after a shutdown without a checkpoint."""
    url = postgres.create_database()
    connection = await asyncpg.connect(url)
    await connection.execute("create table kept(text text)")
    await connection.execute("insert into kept values ('整改')")
    postgres.stop(immediate=True)
    postgres.start()
    await connection.close(timeout=1)
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("select text from kept") == "整改"
    await connection.close()


async def _sms(kannel: Kannel, to: str, text: str, report_to: str = "") -> str:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(
            kannel.sendsms_url,
            params={
                "username": kannel.username, "password": kannel.password, "from": "10690000", "to": to,
                "text": text, "coding": "2", "charset": "UTF-8", "dlr-mask": "31", "dlr-url": report_to,
            },
        )  # fmt: skip
    return f"{answer.status_code} {answer.text}"


async def test_kannel_delivers_chinese_and_reports(kannel: Kannel) -> None:
    """A Chinese message reaches the carrier unharmed, and both reports (8 accepted, 1 delivered) come back."""
    reports: asyncio.Queue[str] = asyncio.Queue()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        reports.put_nowait(request.decode().split(" ")[1])

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        text = "【整改】市科技局“调查征集”栏目长期未更新，请于3月6日前整改。"
        answer = await _sms(kannel, "13800000001", text, f"http://127.0.0.1:{port}/receipts/kannel?state=%d&to=%p")
        assert answer == "202 0: Accepted for delivery"
        got: set[str] = set()
        async with asyncio.timeout(60):
            while len(got) < 2:
                got.add(await reports.get())  # one that was answered late comes once more
    assert got == {f"/receipts/kannel?state={state}&to=13800000001" for state in (1, 8)}
    (part,) = [message for message in kannel.received if message.receiver == "13800000001"]
    assert (part.sender, part.text, part.part) == ("10690000", text, None)


async def test_kannel_splits_a_long_message(kannel: Kannel) -> None:
    """A message over 70 characters comes in numbered parts of 67 that make up the text."""
    text = "整改通知" * 20
    before = len(kannel.received)
    await _sms(kannel, "13800000002", text)
    parts = kannel.wait_for(before + 2)[before:]
    assert [(len(part.text), part.part) for part in parts] == [(67, 1), (13, 2)]
    assert "".join(part.text for part in parts) == text


async def test_kannel_queues_without_a_carrier(kannel: Kannel) -> None:
    """With the carrier away a message is queued, and delivered once it is back."""
    before = len(kannel.received)
    kannel.stop_carrier()
    assert await _sms(kannel, "13800000003", "稍后") == "202 3: Queued for later delivery"
    kannel.start_carrier()
    assert [message.text for message in kannel.wait_for(before + 1, timeout=30)[before:]] == ["稍后"]


def _mail(to: str = "duty@unit.example") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "rectify@gov.example", to, "整改通知"
    mail.set_content("请于3月6日前整改。")
    return mail


async def _send(server: SmtpServer, mail: EmailMessage, user: str | None = None, password: str | None = None) -> None:
    await aiosmtplib.send(
        mail, hostname="127.0.0.1", port=server.port, start_tls=False, username=user, password=password
    )


async def test_smtp_keeps_mails(smtp_server: SmtpServer) -> None:
    """A mail is kept with its envelope, its Chinese subject and text."""
    await _send(smtp_server, _mail())
    (mail,) = await smtp_server.wait_for(1)
    assert mail.recipients == ("duty@unit.example",)
    assert mail.message["Subject"] == "整改通知"
    assert mail.message.get_content().strip() == "请于3月6日前整改。"


async def test_smtp_refuses_a_recipient(smtp_server: SmtpServer) -> None:
    """A refused recipient is answered with the chosen code, others are taken."""
    smtp_server.misbehave.refuse["gone@unit.example"] = "550 5.1.1 no such user"
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await _send(smtp_server, _mail("gone@unit.example"))
    assert [error.code for error in refused.value.recipients] == [550]
    await _send(smtp_server, _mail())
    assert len(smtp_server.mails) == 1


async def test_smtp_greylists_once(smtp_server: SmtpServer) -> None:
    """The first attempt is answered 451, the second is taken."""
    smtp_server.misbehave.greylist = 1
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await _send(smtp_server, _mail())
    assert [error.code for error in refused.value.recipients] == [451]
    await _send(smtp_server, _mail())
    assert len(smtp_server.mails) == 1


async def test_smtp_drops_after_data(smtp_server: SmtpServer) -> None:
    """The client sees an error although the mail was kept."""
    smtp_server.misbehave.drop_after_data = 1
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await _send(smtp_server, _mail())
    assert len(smtp_server.mails) == 1


async def test_smtp_is_slow(smtp_server: SmtpServer) -> None:
    """A client with less patience than the server's delay times out."""
    smtp_server.misbehave.delay = 5
    with pytest.raises(aiosmtplib.SMTPTimeoutError):
        await aiosmtplib.send(_mail(), hostname="127.0.0.1", port=smtp_server.port, start_tls=False, timeout=0.3)


async def test_smtp_closes_a_used_connection(smtp_server: SmtpServer) -> None:
    """After the chosen number of mails the server hangs up, and a new connection works."""
    smtp_server.misbehave.close_after = 2
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=smtp_server.port, start_tls=False) as client:
        await client.send_message(_mail())
        await client.send_message(_mail())
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await asyncio.wait_for(_until_refused(client), 5)
    await _send(smtp_server, _mail())
    assert len({mail.connection for mail in smtp_server.mails}) == 2


async def _until_refused(client: aiosmtplib.SMTP) -> None:
    while True:
        await client.noop()


async def test_smtp_comes_back_on_its_port(smtp_server: SmtpServer) -> None:
    """Stopped it refuses connections; started again it takes mail at the same address."""
    smtp_server.stop()
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await _send(smtp_server, _mail())
    smtp_server.start()
    await _send(smtp_server, _mail())
    assert len(smtp_server.mails) == 1


async def test_smtp_wants_a_login() -> None:
    """A server with a login refuses mail without it and takes mail with it."""
    server = SmtpServer(login=("rectify", "secret"))
    server.start()
    try:
        with pytest.raises(aiosmtplib.SMTPException):
            await _send(server, _mail())
        await _send(server, _mail(), user="rectify", password="secret")
        assert len(server.mails) == 1
    finally:
        server.stop()
