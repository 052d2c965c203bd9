"""The ways out, as the settings set them up."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from notifiers.protocol import Outcome
from notifiers.sms.aliyun import AliyunNotifier
from notifiers.sms.console import ConsoleNotifier
from notifiers.sms.kannel import KannelNotifier
from notifiers.sms.tencent import TencentNotifier
from notifiers.sms.yunmas import YunmasNotifier
from streams.settings.model import Settings
from streams.worker.delivery.channels import senders, sms_notifier
from streams.worker.delivery.status_poller import inquirer_of

TEMPLATES = """\
aliyun: {sign: 测试, templates: {any: {id: SMS_1, text: "${unit}有件", variables: {unit: 9}}}}
tencent: {sign: 测试, templates: {any: {id: 1, text: "{1}有件", variables: {unit: 9}}}}
"""
PROVIDERS: dict[str, tuple[type, dict[str, Any]]] = {
    "kannel": (KannelNotifier, {"sms_kannel_url": "http://gw:13013/cgi-bin/sendsms"}),
    "aliyun": (AliyunNotifier, {"sms_aliyun_key_id": "k", "sms_aliyun_key_secret": "s"}),
    "tencent": (
        TencentNotifier,
        {"sms_tencent_secret_id": "k", "sms_tencent_secret_key": "s", "sms_tencent_app_id": "1400"},
    ),
    "yunmas": (
        YunmasNotifier,
        {
            "sms_yunmas_url": "http://mas:1992/sms/norsubmit",
            "sms_yunmas_customer": "市政府办",
            "sms_yunmas_account": "api",
            "sms_yunmas_password": "s",
            "sms_yunmas_sign": "SIGN1",
        },
    ),
    "console": (ConsoleNotifier, {}),
}


class Handing:
    """Hears of every call."""

    async def begin(self, delivery_id: str, address: str) -> None:
        """See `HandingOver`."""

    async def end(self, delivery_id: str, outcome: Outcome) -> None:
        """See `HandingOver`."""


async def _saw(provider: str, channel: str, outcome: Outcome) -> None:
    del provider, channel, outcome


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_each_provider(provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With mail, its provider and groups there are three ways out; the clouds that can be asked are known."""
    monkeypatch.setenv("CHAT_URL", "https://oapi.dingtalk.com/robot/send?access_token=t")
    templates, groups = tmp_path / "sms.yaml", tmp_path / "chat.yaml"
    templates.write_text(TEMPLATES, "utf-8")
    groups.write_text("督办群: {robot: dingtalk, url: 'env:CHAT_URL'}\n", "utf-8")
    kind, fields = PROVIDERS[provider]
    settings = Settings.load(
        sms_provider=provider, sms_templates=templates, chat_groups=groups, smtp_url="smtp://mail:25", **fields
    )
    sms = sms_notifier(settings)
    assert isinstance(sms, kind)
    async with AsyncExitStack() as stack:
        ways = senders(settings, sms, lambda _: "http://web/receipts/kannel", stack, handing=Handing(), saw=_saw)
    assert [(way.channel, way.provider) for way in ways] == [("email", "smtp"), ("sms", provider), ("chat", "chat")]
    assert settings.channels == {"email", "sms", "chat"}
    assert (inquirer_of(sms) is not None) is (provider in {"aliyun", "tencent"})


async def test_without_settings_there_is_no_way_out() -> None:
    """Nothing is sent by accident."""
    async with AsyncExitStack() as stack:
        assert senders(Settings.load(), None, lambda _: "", stack, handing=Handing(), saw=_saw) == []
