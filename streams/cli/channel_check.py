"""What `rectify config --check` says of the channels: templates, where reports go, robots in groups, webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from notifiers.sms.templates import Templates
from streams.clock import system_time
from streams.discretion import HIDDEN
from streams.files.chat_groups import check_groups, load_robots
from streams.files.webhooks import check_webhooks, load_secrets
from streams.settings.model import Settings
from streams.worker.delivery.callbacks import PUSHING

FREE_TEXT = {"kannel", "yunmas", "console"}


class CheckedChannel(NamedTuple):
    """One thing that was looked at, and what was found."""

    subject: str
    found: str


def channels(settings: Settings) -> Iterator[CheckedChannel]:
    """Everything that can be said without sending. Raises FileError: what a file names is not there."""
    for stranger in settings.strangers():
        yield CheckedChannel("环境变量 variable", stranger.text)
    yield CheckedChannel("邮件 mail", "已设置 set up" if settings.smtp_url is not None else "未设置 not set up")
    yield CheckedChannel("短信 sms", settings.sms_provider)
    if settings.sms_provider in FREE_TEXT:
        yield CheckedChannel("短信内容 text", "自由文本 free text")
    templates = settings.approved_templates
    if templates is not None:
        yield from _templates(templates)
    if settings.sms_provider in PUSHING:
        yield CheckedChannel("状态报告 reports", _reports(settings))
    if settings.chat_groups is not None:
        load_robots(settings.chat_groups, system_time)
        for group in check_groups(settings.chat_groups):
            signed = "加签 signed" if group.secret else "未加签 not signed"
            yield CheckedChannel(f"群 {group.name}", f"{group.robot}, {signed}, {group.per_minute}/min")
    if settings.webhooks is not None:
        webhooks = check_webhooks(settings.webhooks)
        load_secrets(settings.webhooks, webhooks)
        for one in webhooks:
            where = "内网 inside" if one.private else "公网 public"
            yield CheckedChannel(f"推送 {one.name}", f"{one.unit_id or '全部 everybody'}, {where}")


def _templates(templates: Templates) -> Iterator[CheckedChannel]:
    for kind, template in templates.by_kind.items():
        lengths = ", ".join(f"{name}≤{length}" for name, length in template.variables.items())
        yield CheckedChannel(f"模板 {kind}", f"{template.template_id} 【{template.sign}】 {template.text} ({lengths})")


def _reports(settings: Settings) -> str:
    if not settings.sms_callback_secret.get_secret_value():
        return "不接收 none taken: RECTIFY_SMS_CALLBACK_SECRET is empty"
    return f"{settings.receipts_url().rstrip('/')}/receipts/{settings.sms_provider}/{HIDDEN}"
