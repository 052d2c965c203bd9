"""The ways out that the settings have set up: mail, short messages by gateway or cloud, robots in groups, webhooks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AsyncExitStack

from notifiers.email import EmailNotifier
from notifiers.protocol import SmsNotifier
from notifiers.sms.aliyun import AliyunNotifier
from notifiers.sms.console import ConsoleNotifier
from notifiers.sms.kannel import KannelNotifier
from notifiers.sms.templates import Templates
from notifiers.sms.tencent import TencentNotifier
from notifiers.sms.yunmas import YunmasNotifier
from notifiers.webhook import WebhookNotifier
from streams.clock import system_time
from streams.files.chat_groups import load_robots
from streams.files.webhooks import check_webhooks, load_secrets
from streams.rules.notices.webhooks import Subscriber
from streams.settings.model import Settings
from streams.worker.delivery.alarms import WatchedSender
from streams.worker.delivery.callbacks import PUSHING
from streams.worker.delivery.senders import ChatPost, HandingOver, MailPost, Saw, Sender, SmsPost
from streams.worker.delivery.webhooks import KnownWebhook


def senders(
    settings: Settings,
    sms: SmsNotifier | None,
    report_url: Callable[[str], str],
    stack: AsyncExitStack,
    *,
    handing: HandingOver,
    saw: Saw,
) -> list[Sender]:
    """A sender for each channel that is set up, closed by `stack`; `report_url`: where Kannel reports on a delivery.

    `handing` is told of each message that a cloud is given, `saw` of every answer of a provider or a group's robot.
    """
    ways: list[Sender] = []
    if settings.smtp_url is not None:
        mail = EmailNotifier(settings.smtp_url.get_secret_value(), settings.bounce_address)
        stack.push_async_callback(mail.close)
        ways.append(WatchedSender(MailPost(mail, settings.smtp_sender), saw))
    if sms is not None:
        stack.push_async_callback(sms.close)
        provider = settings.sms_provider
        link = report_url if provider == "kannel" else lambda _: None
        ways.append(WatchedSender(SmsPost(sms, provider, link, handing if provider in PUSHING else None), saw))
    if settings.chat_groups is not None:
        robots = load_robots(settings.chat_groups, system_time)
        for robot in robots.values():
            stack.push_async_callback(robot.close)
        ways.append(ChatPost(robots, saw))
    return ways


def known_webhooks(settings: Settings, stack: AsyncExitStack) -> dict[str, KnownWebhook]:
    """The webhooks of the settings, closed by `stack`."""
    if settings.webhooks is None:
        return {}
    webhooks = check_webhooks(settings.webhooks)
    secrets = load_secrets(settings.webhooks, webhooks)
    known = {}
    for one in webhooks:
        notifier = WebhookNotifier(one.url, secrets[one.name], system_time, private=one.private)
        stack.push_async_callback(notifier.close)
        known[one.name] = KnownWebhook(Subscriber(one.name, one.unit_id), notifier)
    return known


def sms_notifier(settings: Settings) -> SmsNotifier | None:
    """The provider of short messages in use."""
    match settings.sms_provider:
        case "kannel":
            return KannelNotifier(
                settings.sms_kannel_url or "",
                settings.sms_kannel_username,
                settings.sms_kannel_password.get_secret_value(),
                settings.sms_kannel_sender,
            )
        case "aliyun":
            return AliyunNotifier(
                settings.sms_aliyun_key_id,
                settings.sms_aliyun_key_secret.get_secret_value(),
                _approved(settings),
                system_time,
                url=settings.sms_aliyun_url,
            )
        case "tencent":
            return TencentNotifier(
                settings.sms_tencent_secret_id,
                settings.sms_tencent_secret_key.get_secret_value(),
                settings.sms_tencent_app_id,
                _approved(settings),
                system_time,
                region=settings.sms_tencent_region,
                url=settings.sms_tencent_url,
            )
        case "yunmas":
            return YunmasNotifier(
                settings.sms_yunmas_url or "",
                settings.sms_yunmas_customer,
                settings.sms_yunmas_account,
                settings.sms_yunmas_password.get_secret_value(),
                settings.sms_yunmas_sign,
                settings.sms_yunmas_extension,
            )
        case "console":
            return ConsoleNotifier(_to_stderr)
        case "none":
            return None


def _approved(settings: Settings) -> Templates:
    templates = settings.approved_templates
    if templates is None:  # the settings were checked when they were read
        msg = "no templates are approved"
        raise ValueError(msg)
    return templates


def _to_stderr(text: str) -> None:
    sys.stderr.write(text + "\n")
