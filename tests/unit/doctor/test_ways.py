"""What the doctor says of a cloud for short messages: the account is tried, and nothing is sent."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streams.doctor.ways import sms_line
from streams.settings.model import Settings
from tests.support.channels import PASSWORD, USER
from tests.support.clouds import AliyunChannel, Cloud, TencentChannel

TEMPLATES = """\
aliyun: {sign: 测试, templates: {any: {id: SMS_1, text: "有${count}件整改单。", variables: {count: 5}}}}
tencent: {sign: 测试, templates: {any: {id: 1110, text: "有{1}件整改单。", variables: {count: 5}}}}
"""


@pytest.fixture(params=[AliyunChannel, TencentChannel])
async def cloud(request: pytest.FixtureRequest) -> AsyncIterator[Cloud]:
    """A provider at work."""
    provider: Cloud = request.param()
    await provider.start()
    yield provider
    await provider.stop()


def settings(cloud: Cloud, folder: Path, password: str = PASSWORD) -> Settings:
    """Those of an installation with this provider."""
    templates = folder / "sms.yaml"
    templates.write_text(TEMPLATES, encoding="utf-8")
    if isinstance(cloud, AliyunChannel):
        return Settings.load(
            sms_provider="aliyun", sms_templates=templates, sms_aliyun_url=cloud.url,
            sms_aliyun_key_id=USER, sms_aliyun_key_secret=password,
        )  # fmt: skip
    return Settings.load(
        sms_provider="tencent", sms_templates=templates, sms_tencent_url=cloud.url, sms_tencent_app_id="1400",
        sms_tencent_secret_id=USER, sms_tencent_secret_key=password,
    )  # fmt: skip


async def test_an_account_that_works(cloud: Cloud, tmp_path: Path) -> None:
    """Asked about a number that is nobody's; nothing goes out."""
    line = await sms_line(settings(cloud, tmp_path))
    assert (line.level, line.what) == ("ok", "sms")
    assert cloud.taken == []
    assert len(cloud.asked) == 1


async def test_an_account_that_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    """An error, with the provider's code and without the key."""
    line = await sms_line(settings(cloud, tmp_path, password="wrong-word"))
    assert line.level == "error"
    assert cloud.unauthorised in line.text
    assert "wrong-word" not in str(line)


async def test_a_provider_that_is_away(cloud: Cloud, tmp_path: Path) -> None:
    """A warning: messages wait."""
    await cloud.stop()
    line = await sms_line(settings(cloud, tmp_path))
    assert line.level == "warning"
    assert "connect" in line.text
