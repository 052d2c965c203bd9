"""The settings of short message providers and of robots in chat groups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from notifiers.sms import endpoints
from streams.presentation import links
from streams.presentation.letters.office import Office, Signatory
from streams.settings.sources import variable

if TYPE_CHECKING:
    from notifiers.sms.templates import Templates

NEEDED: Final = {
    "kannel": ("sms_kannel_url",),
    "aliyun": ("sms_aliyun_key_id", "sms_aliyun_key_secret", "sms_templates"),
    "tencent": ("sms_tencent_secret_id", "sms_tencent_secret_key", "sms_tencent_app_id", "sms_templates"),
    "yunmas": (
        "sms_yunmas_url",
        "sms_yunmas_customer",
        "sms_yunmas_account",
        "sms_yunmas_password",
        "sms_yunmas_sign",
    ),
}
"""Provider -> what it cannot do without."""
_EXAMPLES: Final = {"sms_kannel_url": " (http://host:port/cgi-bin/sendsms)"}


class ChannelSettings(BaseSettings):
    """A part of `Settings`."""

    office_name: str = Field(default="", max_length=60, description="who signs the letters 落款")
    office_contact: str = Field(default="", max_length=30, description="whom to ask for")
    office_phone: str = Field(default="", max_length=40)
    office_sms_sign: str = Field(default="", max_length=20, description="what short messages begin with; else the name")
    pages_url: str = Field(default="", description="where units reach the pages, for the links in letters")
    pages_url_internal: str = Field(default="", description="the same inside 政务外网")
    link_key: SecretStr = Field(default=SecretStr(""), description="signs the links; new,old while it is exchanged")

    sms_provider: Literal["none", "kannel", "aliyun", "tencent", "yunmas", "console"] = "none"
    sms_kannel_url: str | None = Field(default=None, description="http://host:port/cgi-bin/sendsms")
    sms_kannel_username: str = ""
    sms_kannel_password: SecretStr = SecretStr("")
    sms_kannel_sender: str = ""
    sms_aliyun_key_id: str = ""
    sms_aliyun_key_secret: SecretStr = SecretStr("")
    sms_aliyun_url: str = endpoints.ALIYUN
    sms_tencent_secret_id: str = ""
    sms_tencent_secret_key: SecretStr = SecretStr("")
    sms_tencent_app_id: str = Field(default="", description="SmsSdkAppId")
    sms_tencent_region: str = "ap-guangzhou"
    sms_tencent_url: str = endpoints.TENCENT
    sms_yunmas_url: str | None = Field(default=None, description="http://host:port/sms/norsubmit")
    sms_yunmas_customer: str = Field(default="", description="ecName 集团客户名称")
    sms_yunmas_account: str = Field(default="", description="apId 接口账号")
    sms_yunmas_password: SecretStr = Field(default=SecretStr(""), description="secretKey")
    sms_yunmas_sign: str = Field(default="", description="签名编码")
    sms_yunmas_extension: str = Field(default="", description="addSerial 扩展码")
    sms_templates: Path | None = Field(default=None, description="the file of templates that a cloud has approved")
    sms_callback_secret: SecretStr = Field(default=SecretStr(""), description="in the path of delivery reports")
    chat_groups: Path | None = Field(default=None, description="the file of robots in chat groups")
    webhooks: Path | None = Field(default=None, description="the file of addresses to which escalations are posted")

    @field_validator("link_key")
    @classmethod
    def _link_keys(cls, value: SecretStr) -> SecretStr:
        links.keys(value.get_secret_value())
        return value

    @property
    def office(self) -> Office:
        """Who signs the letters, and where units can act."""
        return Office(
            Signatory(self.office_name, self.office_contact, self.office_phone, self.office_sms_sign),
            self.pages_url,
            self.pages_url_internal,
            links.keys(self.link_key.get_secret_value()),
        )

    @property
    def desk_url(self) -> str:
        """Where people reach the desk's pages, without a slash at its end; empty where nothing says so."""
        return (self.pages_url_internal or self.pages_url).rstrip("/")

    @property
    def approved_templates(self) -> Templates | None:
        """Those of the provider in use; None where it takes free text. Raises TemplateError."""
        provider = self.sms_provider
        if provider not in {"aliyun", "tencent"} or self.sms_templates is None:
            return None
        from streams.files.sms_templates import load_templates

        return load_templates(self.sms_templates).get(provider)

    def check_channels(self) -> None:
        """Raises ValueError with what is wrong between the settings and in the files that they name."""
        missing = [name for name in NEEDED.get(self.sms_provider, ()) if not _given(getattr(self, name))]
        if missing:
            lines = [
                f"{variable(name)}: is needed with {variable('sms_provider')}={self.sms_provider}"
                f"{_EXAMPLES.get(name, '')}"
                for name in missing
            ]
            raise ValueError("\n".join(lines))
        if self.sms_templates is not None:
            from streams.files.sms_templates import load_templates

            load_templates(self.sms_templates)
            if self.sms_provider in {"aliyun", "tencent"} and self.approved_templates is None:
                msg = f"{variable('sms_templates')}: {self.sms_templates.name} has no section {self.sms_provider}"
                raise ValueError(msg)
        if self.chat_groups is not None:
            from streams.files.chat_groups import check_groups

            check_groups(self.chat_groups)
        if self.webhooks is not None:
            from streams.files.webhooks import check_webhooks

            check_webhooks(self.webhooks)


def _given(value: object) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
