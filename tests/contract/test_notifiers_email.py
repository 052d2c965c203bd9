"""What only mail does: the same Message-ID at every attempt, worn-out connections."""

from datetime import UTC, datetime

import pytest

from notifiers import smtp
from notifiers.email import EmailNotifier
from notifiers.protocol import Mail, Outcome, Recipient
from tests.support.smtp import Misbehaviour, SmtpServer

SENDER = "rectify@city.gov.cn"


def mail(notice_id: str = "n-1", address: str = "wang@unit.gov.cn") -> Mail:
    """Return a mail as the dispatcher would send it."""
    date = datetime(2026, 2, 13, 16, tzinfo=UTC)
    return Mail(notice_id, "T-1", SENDER, Recipient("王五", address, "duty"), "催办", "正文\n", "<p>正文</p>", date)


async def send_once(url: str) -> Outcome:
    """Send one mail over a notifier of its own."""
    notifier = EmailNotifier(url, SENDER, timeout_s=5.0)
    outcome = await notifier.send(mail())
    await notifier.close()
    return outcome


async def test_a_repeated_mail_can_be_recognised(smtp_server: SmtpServer) -> None:
    """A mail whose answer was lost goes again under the same Message-ID and in the same thread."""
    smtp_server.misbehave = Misbehaviour(drop_after_data=1)
    notifier = EmailNotifier(smtp_server.url, SENDER)
    outcomes = [await notifier.send(mail()) for _ in range(2)]
    await notifier.close()
    first, second = (taken.message for taken in smtp_server.mails)
    assert [outcome.state for outcome in outcomes] == ["retry", "accepted"]
    assert first["Message-ID"] == second["Message-ID"] == "<n-1@city.gov.cn>"
    assert first["References"] == second["References"] == "<T-1@city.gov.cn>"


async def test_content_refused_after_data_is_dead(smtp_server: SmtpServer) -> None:
    """A 5xx after DATA is an answer, not a lost one."""
    smtp_server.misbehave = Misbehaviour(data_answer="554 5.7.1 looks like spam")
    assert await send_once(smtp_server.url) == Outcome("dead", "rejected:554")


async def test_a_full_mailbox_is_for_later(smtp_server: SmtpServer) -> None:
    """A 4xx to the recipient, which aiosmtplib hides in a list, is found."""
    smtp_server.misbehave = Misbehaviour(refuse_all="452 4.2.2 mailbox full")
    assert await send_once(smtp_server.url) == Outcome("retry", "deferred:452")


async def test_the_bounce_address_is_the_accounts(smtp_server: SmtpServer) -> None:
    """The envelope's sender comes from the settings, a name beside it is left out."""
    notifier = EmailNotifier(smtp_server.url, "整改平台 <bounces@city.gov.cn>")
    await notifier.send(mail())
    await notifier.close()
    assert [taken.sender for taken in smtp_server.mails] == ["bounces@city.gov.cn"]


async def test_a_connection_is_renewed_after_a_hundred_mails(smtp_server: SmtpServer) -> None:
    """Servers end long sessions; ours ends them first."""
    notifier = EmailNotifier(smtp_server.url, SENDER)
    for number in range(smtp.MESSAGES_PER_CONNECTION + 1):
        await notifier.send(mail(f"n-{number}"))
    await notifier.close()
    assert len({taken.connection for taken in smtp_server.mails}) == 2


async def test_an_idle_connection_is_not_trusted(smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the idle time the server may be about to hang up, so a new connection is made."""
    monkeypatch.setattr(smtp, "IDLE_S", 0.0)
    notifier = EmailNotifier(smtp_server.url, SENDER)
    for number in range(3):
        await notifier.send(mail(f"n-{number}"))
    await notifier.close()
    assert len({taken.connection for taken in smtp_server.mails}) == 3
