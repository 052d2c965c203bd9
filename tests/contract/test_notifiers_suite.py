"""What every channel must do: one suite for all of them, against a real mail server and a real HTTP gateway."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest
from aiohttp import web

from notifiers.email import EmailNotifier
from notifiers.protocol import Mail, Notifier, Recipient, Sms
from notifiers.sms.kannel import KannelNotifier
from streams.children import free_ports
from tests.support.smtp import Misbehaviour, SmtpServer

USER, PASSWORD = "duty", "s3cret-word"
IMPATIENT_S = 0.3
STALLED_S = 1.2


class Channel(Protocol):
    """One channel and its provider, in the same words for all."""

    unanswered: str
    """The state when a request was sent and no answer came."""
    good: str
    bad: str
    """A fit address, and one that must never reach the provider."""

    def notifier(self, password: str = PASSWORD, timeout_s: float = 5.0) -> Notifier[Any]:
        """Return a new notifier for this provider."""

    def message(self, text: str, address: str | None = None) -> Any:
        """Return a message in this channel's form."""

    def behave(self, how: str) -> None:
        """Make the provider `work`, `refuse`, `throttle` (once), `stall` or `drop` (once)."""

    async def start(self) -> None:
        """Start the provider, where it was before."""

    async def stop(self) -> None:
        """Stop the provider and its connections."""

    @property
    def taken(self) -> list[str]:
        """The texts that the provider took, oldest first."""

    @property
    def connections(self) -> int:
        """Over how many connections they came."""


class MailChannel:
    """E-mail to a mail server that wants a login."""

    unanswered = "retry"
    good, bad = "wang@unit.gov.cn", "wang@unit.gov.cn NOTIFY=NEVER"

    def __init__(self) -> None:
        self._server = SmtpServer(login=(USER, PASSWORD))

    def notifier(self, password: str = PASSWORD, timeout_s: float = 5.0) -> Notifier[Mail]:
        url = f"smtp://{USER}:{password}@127.0.0.1:{self._server.port}"
        return EmailNotifier(url, "rectify@city.gov.cn", timeout_s=timeout_s)

    def message(self, text: str, address: str | None = None) -> Mail:
        to = Recipient("王五", address or self.good, "duty")
        date = datetime(2026, 2, 13, 16, tzinfo=UTC)
        return Mail(f"notice-{text}", "T-1", "rectify@city.gov.cn", to, "催办", text, f"<p>{text}</p>", date)

    def behave(self, how: str) -> None:
        self._server.misbehave = {
            "work": Misbehaviour(),
            "refuse": Misbehaviour(refuse_all="550 5.1.1 no such user"),
            "throttle": Misbehaviour(greylist=1),
            "stall": Misbehaviour(delay=STALLED_S),
            "drop": Misbehaviour(drop_after_data=1),
        }[how]

    async def start(self) -> None:
        self._server.start()

    async def stop(self) -> None:
        await asyncio.to_thread(self._server.stop)

    @property
    def taken(self) -> list[str]:
        bodies = [mail.message.get_body(("plain",)) for mail in self._server.mails]
        return [body.get_content().strip() for body in bodies if body is not None]

    @property
    def connections(self) -> int:
        return len({mail.connection for mail in self._server.mails})


class SmsChannel:
    """Short messages to an HTTP server that answers as Kannel does."""

    unanswered = "uncertain"
    good, bad = "13800000001", "13800000001&to=13800000002"

    def __init__(self) -> None:
        (self._port,) = free_ports(1)
        self._how = ""
        self._taken: list[tuple[str, object]] = []
        self._runner: web.AppRunner | None = None

    def notifier(self, password: str = PASSWORD, timeout_s: float = 5.0) -> Notifier[Sms]:
        url = f"http://127.0.0.1:{self._port}/cgi-bin/sendsms"
        return KannelNotifier(url, USER, password, "10690000", timeout_s)

    def message(self, text: str, address: str | None = None) -> Sms:
        return Sms(f"notice-{text}", Recipient("王五", address or self.good, "duty"), text, None)

    def behave(self, how: str) -> None:
        self._how = how

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/cgi-bin/sendsms", self._sendsms)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def taken(self) -> list[str]:
        return [text for text, _ in self._taken]

    @property
    def connections(self) -> int:
        return len({peer for _, peer in self._taken})

    async def _sendsms(self, request: web.Request) -> web.Response:
        how, query = self._how, request.query
        if query["username"] != USER or query["password"] != PASSWORD:
            return web.Response(status=403, text="Authorization failed for sendsms")
        if how == "refuse":
            return web.Response(status=400, text="Invalid receiver")
        if how == "throttle":
            self._how = ""
            return web.Response(status=503, text="Temporal failure, try again later.")
        transport = request.transport
        assert transport is not None
        self._taken.append((query["text"], transport.get_extra_info("peername")))
        if how == "stall":
            await asyncio.sleep(STALLED_S)
        if how == "drop":
            self._how = ""
            transport.abort()
        return web.Response(status=202, text="0: Accepted for delivery")


@pytest.fixture(params=[MailChannel, SmsChannel], ids=["email", "sms"])
async def channel(request: pytest.FixtureRequest) -> AsyncIterator[Channel]:
    """Return each channel in turn, its provider at work."""
    channel: Channel = request.param()
    await channel.start()
    yield channel
    await channel.stop()


async def test_a_message_is_accepted(channel: Channel) -> None:
    """What the provider took is accepted, and it took it once and whole."""
    notifier = channel.notifier()
    outcome = await notifier.send(channel.message("请于3月6日前整改 & 反馈"))
    await notifier.close()
    assert outcome.state == "accepted"
    assert channel.taken == ["请于3月6日前整改 & 反馈"]


async def test_a_refused_message_is_dead(channel: Channel) -> None:
    """A permanent refusal is not tried again, and says which number the provider gave."""
    channel.behave("refuse")
    notifier = channel.notifier()
    outcome = await notifier.send(channel.message("甲"))
    await notifier.close()
    assert outcome.state == "dead"
    assert outcome.code in {"rejected:550", "rejected:400"}
    assert channel.taken == []


async def test_a_throttled_message_is_for_later(channel: Channel) -> None:
    """Greylisting and overload mean later, and later it is taken, once."""
    channel.behave("throttle")
    notifier = channel.notifier()
    states = [(await notifier.send(channel.message("甲"))).state for _ in range(2)]
    await notifier.close()
    assert states == ["retry", "accepted"]
    assert channel.taken == ["甲"]


@pytest.mark.parametrize("how", ["stall", "drop"])
async def test_no_answer_is_told_apart_from_a_refusal(channel: Channel, how: str) -> None:
    """After the request was sent, silence is uncertain where a repetition costs, and a retry where it is recognised."""
    channel.behave(how)
    notifier = channel.notifier(timeout_s=IMPATIENT_S)
    outcome = await notifier.send(channel.message("甲"))
    await notifier.close()
    assert outcome.state == channel.unanswered
    assert outcome.code in {"timeout", "dropped", "no_answer"}


async def test_the_message_after_a_lost_answer_gets_its_own_answer(channel: Channel) -> None:
    """A connection with an answer still to come is not used again."""
    notifier = channel.notifier(timeout_s=IMPATIENT_S)
    channel.behave("stall")
    await notifier.send(channel.message("甲"))
    channel.behave("work")
    outcome = await notifier.send(channel.message("乙"))
    await notifier.close()
    assert outcome.state == "accepted"
    assert channel.taken.count("乙") == 1


async def test_a_provider_comes_back(channel: Channel) -> None:
    """While the provider is away nothing is lost, and the same notifier goes on when it is back."""
    notifier = channel.notifier()
    states = [(await notifier.send(channel.message("甲"))).state]
    await channel.stop()
    away = await notifier.send(channel.message("乙"))
    await channel.start()
    states.append((await notifier.send(channel.message("乙"))).state)
    await notifier.close()
    assert states == ["accepted", "accepted"]
    assert away.state == "retry"
    assert channel.taken == ["甲", "乙"]


async def test_a_wrong_password_says_so(channel: Channel) -> None:
    """A refused login has a code of its own, so that an account's breaker can open on it."""
    notifier = channel.notifier(password="wrong-word")
    outcome = await notifier.send(channel.message("甲"))
    await notifier.close()
    assert outcome.state == "dead"
    assert outcome.code.startswith("auth:")


async def test_an_unfit_address_never_reaches_the_provider(channel: Channel) -> None:
    """An address that would smuggle parameters is dead before anything is sent."""
    notifier = channel.notifier()
    outcome = await notifier.send(channel.message("甲", channel.bad))
    await notifier.close()
    assert (outcome.state, outcome.code) == ("dead", "bad_address")
    assert channel.taken == []


async def test_one_connection_serves_message_after_message(channel: Channel) -> None:
    """Connections are kept: a login for every message would be slow, and looks like an attack."""
    notifier = channel.notifier()
    for number in range(20):
        await notifier.send(channel.message(str(number)))
    await notifier.close()
    assert channel.taken == [str(number) for number in range(20)]
    assert channel.connections == 1


async def test_many_at_once_are_each_sent_once(channel: Channel) -> None:
    """Tasks share a notifier: forty messages at once arrive once each."""
    notifier = channel.notifier()
    outcomes = await asyncio.gather(*(notifier.send(channel.message(str(number))) for number in range(40)))
    await notifier.close()
    assert {outcome.state for outcome in outcomes} == {"accepted"}
    assert sorted(channel.taken, key=int) == [str(number) for number in range(40)]


async def test_a_cancelled_message_does_no_harm_to_the_next(channel: Channel) -> None:
    """A shutdown in the middle of a message leaves no connection behind that would mix up answers."""
    notifier = channel.notifier()
    channel.behave("stall")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(IMPATIENT_S):
            await notifier.send(channel.message("甲"))
    channel.behave("work")
    outcome = await notifier.send(channel.message("乙"))
    await notifier.close()
    assert outcome.state == "accepted"
    assert channel.taken.count("乙") == 1


async def test_logs_hold_no_secret(channel: Channel, caplog: pytest.LogCaptureFixture) -> None:
    """Not at the most talkative level does a password, a receiver or a text get into our log."""
    caplog.set_level(logging.DEBUG)
    notifier = channel.notifier()
    await notifier.send(channel.message("机密内容"))
    channel.behave("refuse")
    await notifier.send(channel.message("机密内容"))
    await notifier.close()
    servers = {"mail.log", "aiohttp.access"}
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name not in servers)
    for secret in (PASSWORD, channel.good, "机密内容", "%E6%9C%BA%E5%AF%86"):
        assert secret not in ours
