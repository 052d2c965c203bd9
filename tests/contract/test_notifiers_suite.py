"""What every channel must do: one suite for all of them, against a real mail server and real HTTP servers."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from tests.support.channels import IMPATIENT_S, PASSWORD, Channel, MailChannel, SmsChannel
from tests.support.clouds import (
    AliyunChannel,
    DingtalkChannel,
    FeishuChannel,
    TencentChannel,
    WecomChannel,
    YunmasChannel,
)

NUMBERED = [MailChannel, SmsChannel, AliyunChannel, TencentChannel, YunmasChannel]
CHANNELS = [*NUMBERED, WecomChannel, DingtalkChannel, FeishuChannel]


async def _at_work(channel: Channel) -> AsyncIterator[Channel]:
    await channel.start()
    yield channel
    await channel.stop()


@pytest.fixture(params=CHANNELS, ids=lambda kind: kind.__name__)
async def channel(request: pytest.FixtureRequest) -> AsyncIterator[Channel]:
    """Return each channel in turn, its provider at work."""
    async for channel in _at_work(request.param()):
        yield channel


@pytest.fixture(params=NUMBERED, ids=lambda kind: kind.__name__)
async def numbered(request: pytest.FixtureRequest) -> AsyncIterator[Channel]:
    """Return each channel that sends to an address."""
    async for channel in _at_work(request.param()):
        yield channel


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
    assert outcome.code.startswith("rejected:")
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


async def test_an_unfit_address_never_reaches_the_provider(numbered: Channel) -> None:
    """An address that would smuggle parameters is dead before anything is sent."""
    notifier = numbered.notifier()
    outcome = await notifier.send(numbered.message("甲", numbered.bad))
    await notifier.close()
    assert (outcome.state, outcome.code) == ("dead", "bad_address")
    assert numbered.taken == []


async def test_a_provider_that_lies_is_not_believed(channel: Channel) -> None:
    """HTTP 200 with something else than the provider's own word of success is no acceptance."""
    channel.behave("lie")
    notifier = channel.notifier()
    outcome = await notifier.send(channel.message("甲"))
    await notifier.close()
    assert outcome.state != "accepted"
    assert outcome.state == channel.unanswered


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
