"""Encryption to the mail server: what was asked for is insisted on, what was not is taken when offered."""

import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from notifiers.email import EmailNotifier
from notifiers.protocol import Mail, Outcome, Recipient
from streams.local.processes import free_ports
from tests.support.certificates import NEW_KEY
from tests.support.smtp import SmtpServer

SENDER = "rectify@city.gov.cn"


@dataclass(frozen=True)
class Certificate:
    """A server's certificate that nobody knows unless told."""

    pem: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return what a server needs to show it."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.pem, self.key)
        return context


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a fresh self-signed certificate for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("certificate")
    made = Certificate(folder / "server.pem", folder / "server.key")
    command = ["openssl", "req", "-x509", *NEW_KEY, "-days", "2", "-subj", "/CN=mail"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(made.pem), "-keyout", str(made.key)]
    subprocess.run(command, check=True, capture_output=True)
    return made


class Witness:
    """Remembers for each mail whether it came encrypted."""

    def __init__(self) -> None:
        self.encrypted: list[bool] = []

    async def handle_DATA(self, server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        """Take any mail."""
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 OK"


class StartTls(Controller):
    """A server that offers STARTTLS."""

    def __init__(self, witness: Witness, port: int, context: ssl.SSLContext) -> None:
        self._tls = context
        super().__init__(witness, hostname="127.0.0.1", port=port)

    def factory(self) -> SMTP:
        """Return the protocol of one connection."""
        return SMTP(self.handler, hostname="mail", tls_context=self._tls)


class Tls(Controller):
    """A server that is encrypted from the first byte."""

    def __init__(self, witness: Witness, port: int, context: ssl.SSLContext) -> None:
        super().__init__(witness, hostname="127.0.0.1", port=port, ssl_context=context)


@pytest.fixture
def witness() -> Witness:
    """Return a fresh witness."""
    return Witness()


@pytest.fixture
def starttls_port(witness: Witness, certificate: Certificate) -> Iterator[int]:
    """Return the port of a server that offers STARTTLS."""
    (port,) = free_ports(1)
    server = StartTls(witness, port, certificate.context())
    server.start()
    yield port
    server.stop()


@pytest.fixture
def tls_port(witness: Witness, certificate: Certificate) -> Iterator[int]:
    """Return the port of a server that is encrypted throughout."""
    (port,) = free_ports(1)
    server = Tls(witness, port, certificate.context())
    server.start()
    yield port
    server.stop()


async def send(url: str) -> Outcome:
    """Send one mail over a notifier of its own."""
    notifier = EmailNotifier(url, SENDER, timeout_s=5.0)
    to = Recipient("王五", "wang@unit.gov.cn", "duty")
    date = datetime(2026, 2, 13, 16, tzinfo=UTC)
    outcome = await notifier.send(Mail("n-1", "T-1", SENDER, to, "催办", "正文\n", "<p>正文</p>", date))
    await notifier.close()
    return outcome


async def test_smtps_with_a_trusted_certificate(tls_port: int, certificate: Certificate, witness: Witness) -> None:
    """An authority of one's own is named in the URL."""
    outcome = await send(f"smtps://127.0.0.1:{tls_port}?cafile={certificate.pem}")
    assert (outcome.state, witness.encrypted) == ("accepted", [True])


async def test_smtps_with_a_certificate_nobody_knows(tls_port: int, witness: Witness) -> None:
    """Nothing is said to a server that cannot prove its name."""
    assert await send(f"smtps://127.0.0.1:{tls_port}") == Outcome("retry", "tls")
    assert witness.encrypted == []


async def test_starttls_required_and_trusted(starttls_port: int, certificate: Certificate, witness: Witness) -> None:
    """With starttls=require the mail goes encrypted."""
    outcome = await send(f"smtp://127.0.0.1:{starttls_port}?starttls=require&cafile={certificate.pem}")
    assert (outcome.state, witness.encrypted) == ("accepted", [True])


async def test_starttls_required_but_not_trusted(starttls_port: int, witness: Witness) -> None:
    """With starttls=require an unknown certificate is refused."""
    assert await send(f"smtp://127.0.0.1:{starttls_port}?starttls=require") == Outcome("retry", "tls")
    assert witness.encrypted == []


async def test_starttls_required_but_not_offered(smtp_server: SmtpServer) -> None:
    """With starttls=require nothing goes in the clear."""
    outcome = await send(f"smtp://127.0.0.1:{smtp_server.port}?starttls=require")
    assert outcome == Outcome("retry", "unsupported")
    assert smtp_server.mails == []


async def test_starttls_is_taken_when_offered(starttls_port: int, witness: Witness) -> None:
    """Without a wish, encryption that this machine itself offers is used, whoever signed it."""
    outcome = await send(f"smtp://127.0.0.1:{starttls_port}")
    assert (outcome.state, witness.encrypted) == ("accepted", [True])


ELSEWHERE = "127.1"  # this machine by a name that is not one of those which are exempt


async def test_starttls_that_is_offered_is_verified(starttls_port: int, witness: Witness) -> None:
    """O-5: without a wish too, once the mail leaves the machine; nothing goes in the clear instead."""
    assert await send(f"smtp://{ELSEWHERE}:{starttls_port}") == Outcome("retry", "tls")
    assert witness.encrypted == []


async def test_verifying_can_be_left_out(starttls_port: int, witness: Witness) -> None:
    """O-5: only by saying so."""
    assert (await send(f"smtp://{ELSEWHERE}:{starttls_port}?verify=no")).state == "accepted"
    assert witness.encrypted == [True]


async def test_a_certificate_for_another_host(tls_port: int, certificate: Certificate, witness: Witness) -> None:
    """O-5: a known authority is not enough."""
    assert await send(f"smtps://{ELSEWHERE}:{tls_port}?cafile={certificate.pem}") == Outcome("retry", "tls")
    assert witness.encrypted == []


async def test_starttls_can_be_left_out(starttls_port: int, witness: Witness) -> None:
    """With starttls=never the mail goes as it is, for servers whose encryption is broken."""
    outcome = await send(f"smtp://127.0.0.1:{starttls_port}?starttls=never")
    assert (outcome.state, witness.encrypted) == ("accepted", [False])
