"""A webhook over HTTP: signed as the standard has it, to nobody inside, and what each answer means."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web

from notifiers.protocol import Outcome
from notifiers.webhook import Address, WebhookNotifier, is_public, signature
from streams.local.processes import free_ports
from tests.support.certificates import NEW_KEY

SECRET = b"a-secret-of-the-webhook-that-is-long-enough"
AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
HERE: Address = ip_address("127.0.0.1")


class Receiver:
    """A supervising unit's server: it keeps what it got, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status, self.headers = 204, dict[str, str]()
        (self.port,) = free_ports(1)

    async def start(self, trusted: ssl.SSLContext | None = None) -> web.AppRunner:
        """Over TLS, if it has a certificate."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port, ssl_context=trusted).start()
        return runner

    async def _answer(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, headers=self.headers)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A server that takes everything."""
    found = Receiver()
    runner = await found.start()
    yield found
    await runner.cleanup()


async def post(url: str, *found: str, private: bool = True, trusted: ssl.SSLContext | None = None) -> Outcome:
    """One attempt; the name stands for these addresses."""

    async def resolve(host: str, port: int) -> list[Address]:
        del host, port
        return [ip_address(one) for one in found] or [HERE]

    notifier = WebhookNotifier(
        url, SECRET, lambda: AT, private=private, timeout_s=2.0, resolve=resolve, trusted=trusted
    )  # fmt: skip
    try:
        return await notifier.send("event-1", '{"通报": 1}'.encode())
    finally:
        await notifier.close()


def test_the_standards_own_example() -> None:
    """N-73: the vector that the libraries of Standard Webhooks are tested with."""
    secret = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_what_arrives(receiver: Receiver) -> None:
    """The body as it was recorded, its id, the time of the attempt, and the signature over all three."""
    assert await post(f"http://oa.example:{receiver.port}/in?to=1") == Outcome("accepted", "ok")
    ((headers, body),) = receiver.got
    sent_at = str(int(AT.timestamp()))
    assert body == '{"通报": 1}'.encode()
    assert headers["Host"] == f"oa.example:{receiver.port}"
    assert headers["Content-Type"].startswith("application/cloudevents+json")
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("event-1", sent_at)
    assert headers["webhook-signature"] == signature(SECRET, "event-1", sent_at, body)


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        (200, "accepted", "ok"),
        (202, "accepted", "ok"),
        (302, "retry", "unavailable:302"),
        (400, "dead", "rejected:400"),
        (401, "retry", "auth:401"),
        (404, "retry", "unavailable:404"),
        (410, "retry", "unavailable:410"),
        (413, "dead", "rejected:413"),
        (422, "dead", "rejected:422"),
        (429, "retry", "unavailable:429"),
        (500, "retry", "unavailable:500"),
    ],
)
async def test_what_an_answer_means(receiver: Receiver, status: int, state: str, code: str) -> None:
    """What is about the body ends the post; everything else may pass; nobody follows to another address."""
    receiver.status, receiver.headers = status, {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
    outcome = await post(f"http://oa.example:{receiver.port}/in")
    assert (outcome.state, outcome.code) == (state, code)
    assert len(receiver.got) == 1


async def test_nobody_inside_unless_the_operator_says_so(receiver: Receiver) -> None:
    """A name that stands for an address inside, if only among others, is not asked; one that is away is tried again."""
    url = f"http://oa.example:{receiver.port}/in"
    for found in (("127.0.0.1",), ("93.184.216.34", "10.1.2.3")):
        assert await post(url, *found, private=False) == Outcome("retry", "private_address")
    assert receiver.got == []
    (closed,) = free_ports(1)
    assert await post(f"http://oa.example:{closed}/in") == Outcome("retry", "connect")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        *((inside, False) for inside in ("10.0.0.1", "172.16.5.4", "192.168.1.1", "127.0.0.1", "169.254.169.254")),
        *((inside, False) for inside in ("100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255")),  # noqa: S104
        *((inside, False) for inside in ("::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:10.0.0.1")),
        *((inside, False) for inside in ("64:ff9b::a00:1", "2002:a00:1::", "2001:0:a00:1::")),
    ],
)
def test_who_is_on_the_internet(address: str, *, public: bool) -> None:
    """Nothing inside, of this machine, of a link, of many, and nothing in disguise."""
    assert is_public(ip_address(address)) is public


async def test_certificates_are_verified_by_the_name(tmp_path: Path) -> None:
    """The connection goes to the address that was checked, the certificate is the name's; another is not spoken to."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ("openssl", "req", "-x509", *NEW_KEY, "-keyout", str(key), "-out", str(certificate), "-days", "2")
    subject = ("-subj", "/CN=oa.example", "-addext", "subjectAltName=DNS:oa.example")
    process = await asyncio.create_subprocess_exec(*made, *subject, stderr=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(certificate, key)
    receiver = Receiver()
    runner = await receiver.start(served)
    try:
        known = ssl.create_default_context(cafile=str(certificate))
        assert await post(f"https://oa.example:{receiver.port}/in", trusted=known) == Outcome("accepted", "ok")
        for other in (f"https://other.example:{receiver.port}/in", f"https://127.0.0.1:{receiver.port}/in"):
            assert await post(other, trusted=known) == Outcome("retry", "connect")
        assert await post(f"https://oa.example:{receiver.port}/in") == Outcome("retry", "connect")
        assert len(receiver.got) == 1
    finally:
        await runner.cleanup()
