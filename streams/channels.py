"""The ways out that the settings have set up: mail by SMTP, short messages by a gateway."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AsyncExitStack

from notifiers.email import EmailNotifier
from notifiers.sms.console import ConsoleNotifier
from notifiers.sms.kannel import KannelNotifier
from streams.agents.posts import MailPost, Post, SmsPost
from streams.settings import Settings


async def posts(settings: Settings, report_url: Callable[[str], str], stack: AsyncExitStack) -> list[Post]:
    """A post for each channel that is set up, closed by `stack`; `report_url`: where gateways report on a delivery."""
    ways: list[Post] = []
    if settings.smtp_url is not None:
        mail = EmailNotifier(settings.smtp_url.get_secret_value(), settings.smtp_sender)
        stack.push_async_callback(mail.close)
        ways.append(MailPost(mail, settings.smtp_sender))
    if settings.sms_provider == "kannel":
        sms = KannelNotifier(
            settings.sms_kannel_url or "",
            settings.sms_kannel_username,
            settings.sms_kannel_password.get_secret_value(),
            settings.sms_kannel_sender,
        )
        stack.push_async_callback(sms.close)
        ways.append(SmsPost(sms, "kannel", report_url))
    elif settings.sms_provider == "console":
        ways.append(SmsPost(ConsoleNotifier(_to_stderr), "console"))
    return ways


def _to_stderr(text: str) -> None:
    sys.stderr.write(text + "\n")
