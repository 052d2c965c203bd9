"""Settings: from the environment (`RECTIFY_...`), `rectify.toml`, or files for secrets; read once, at the edge.

Order: environment, then `RECTIFY_<NAME>_FILE` (a file that holds the value, as Docker and Kubernetes mount secrets),
then the TOML file (`RECTIFY_CONFIG`, otherwise `rectify.toml` in the working directory), then the defaults.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from notifiers.return_path import ReturnPath
from schemas.channels import NoticeChannel
from streams.clock import ClockError, parse_clock, system_time
from streams.discretion import HIDDEN, forget, hide_url, keep
from streams.files.command_keys import SHORTEST, own_key
from streams.settings.addresses import check_database, check_mail_server, check_sender, check_web_address, check_zone
from streams.settings.channels import ChannelSettings
from streams.settings.kafka import KafkaSettings
from streams.settings.pages import PagesSettings
from streams.settings.sources import (
    PREFIX,
    Environment,
    SecretFiles,
    SettingsError,
    Stranger,
    Toml,
    foreign_secrets,
    nearest,
    strangers,
    variable,
)

__all__ = ["Settings", "SettingsError"]

_NO_ADDRESS: Final = (
    f"{PREFIX}PAGES_OIDC_ISSUER: 须同时设置 {PREFIX}PAGES_URL_INTERNAL 或 {PREFIX}PAGES_URL · "
    f"set {PREFIX}PAGES_URL_INTERNAL or {PREFIX}PAGES_URL, too: the login service sends people back there"
)


class Settings(PagesSettings, ChannelSettings, KafkaSettings):
    """Every setting. `Settings.load()` reads them; a wrong one raises SettingsError, and an unknown one of the file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    topic_prefix: str = Field(default="rectify", pattern=r"^[A-Za-z0-9._-]{1,120}$")
    group_id: str = Field(default="rectify", pattern=r"^[^\s]{1,200}$", description="the workers' consumer group")
    group_instance_id: str | None = Field(default=None, description="a worker's fixed name, for rolling restarts")
    max_message_bytes: int = Field(default=1_048_576, ge=1_024, le=8_388_608)
    max_file_bytes: int = Field(default=67_108_864, ge=1_024, description="of a file that is read as a whole (O-4)")

    data_dir: Path = Field(default_factory=lambda: _data_home() / "rectify")
    database_url: SecretStr = Field(default=SecretStr(""), description="sqlite:///path or postgresql://...")
    policy: Path | None = Field(default=None, description="a pack's file, or the name of a built-in one")
    mappings: Path | None = Field(default=None, description="a folder of mappings of one's own (F-2)")
    keep_personal_days: int = Field(default=365, ge=30, description="after a close; rectify db prune (O-1)")
    keep_history_days: int = Field(default=1_825, ge=30, description="after a close; rectify db prune (O-2)")
    keep_audit_days: int = Field(default=365, ge=184, description="what people did at the desk; rectify db prune (W-8)")
    command_keys: Path | None = Field(
        default=None, description="a worker's file of keys: commands must be signed (O-6)"
    )
    command_key: SecretStr | None = Field(default=None, description="<key id>:<secret>, to sign commands with")
    timezone: str = "Asia/Shanghai"
    clock: str = "system"

    smtp_url: SecretStr | None = Field(default=None, description="smtp://user:password@host:port, smtps://")
    smtp_sender: str = "rectify@localhost"
    smtp_bounces: str = Field(default="", description="where bounces go: bounces@host, bounces+{}@host")
    smtp_bounce_secret: SecretStr = Field(default=SecretStr(""), description="for bounces sent to /receipts/mail")
    public_url: str = Field(default="", description="where others reach the web address")

    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8080, ge=0, le=65_535)
    log_format: Literal["auto", "json", "console"] = "auto"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Reads the settings; `overrides` go before everything else. What is secret in them is hidden from then on.

        Raises:
            SettingsError: values that cannot be used, and unknown names in the file; each named.
        """
        forget()
        keep(*foreign_secrets(os.environ))
        try:
            settings = cls(**overrides)
        except ValidationError as error:
            raise SettingsError("\n".join(_sentences(cls, error))) from None
        keep(*settings._secrets())
        return settings

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """See the module's docstring for the order."""
        return init_settings, Environment(settings_cls), SecretFiles(settings_cls), Toml(settings_cls)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        check_zone(value)
        return value

    @field_validator("clock")
    @classmethod
    def _readable_clock(cls, value: str) -> str:
        # Whether `at` is required depends on the command; everything else is checked here.
        parse_clock(value, at_default=system_time())
        return value

    @field_validator("smtp_url")
    @classmethod
    def _readable_smtp(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            check_mail_server(value.get_secret_value())
        return value

    @field_validator("smtp_sender")
    @classmethod
    def _readable_sender(cls, value: str) -> str:
        check_sender(value)
        return value

    @field_validator("command_key")
    @classmethod
    def _readable_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            own_key(value.get_secret_value())
        return value

    @field_validator("sms_callback_secret", "smtp_bounce_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < SHORTEST:
            msg = f"须 {SHORTEST} 个字符以上 · {SHORTEST} characters or more, as `openssl rand -hex 24` makes them"
            raise ValueError(msg)
        return value

    @field_validator("smtp_bounces")
    @classmethod
    def _readable_bounces(cls, value: str) -> str:
        if value:
            ReturnPath.parse(value)
        return value

    @field_validator(
        "public_url",
        "pages_url",
        "pages_url_internal",
        "sms_kannel_url",
        "sms_aliyun_url",
        "sms_tencent_url",
        "sms_yunmas_url",
    )
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value:
            check_web_address(value)
        return value

    @field_validator(
        "data_dir",
        "policy",
        "kafka_ssl_cafile",
        "kafka_ssl_certfile",
        "kafka_ssl_keyfile",
        "sms_templates",
        "chat_groups",
        "webhooks",
        "command_keys",
        "pages_files",
        "mappings",
    )
    @classmethod
    def _at_home(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser()

    @model_validator(mode="after")
    def _together(self) -> Self:
        url = self.database_url.get_secret_value()
        if not url:
            path = (self.data_dir / "rectify.db").absolute()
            object.__setattr__(self, "database_url", SecretStr(f"sqlite:///{path}"))
        else:
            try:
                check_database(url)
            except ValueError as error:
                msg = f"{PREFIX}DATABASE_URL: {error}"
                raise ValueError(msg) from None
        self.check_channels()
        if self.pages_oidc_issuer and not self.desk_url:
            raise ValueError(_NO_ADDRESS)
        self.kafka(self.broker or "kafka://127.0.0.1")
        return self

    @classmethod
    def strangers(cls) -> list[Stranger]:
        """What the environment has under our prefix and is no setting; it stops nobody, and is said."""
        return strangers(cls, os.environ)

    @property
    def ledger_folder(self) -> Path:
        """Where files stand that belong to the ledger: beside SQLite's file, otherwise in the data folder."""
        _, _, path = self.database_url.get_secret_value().partition("sqlite:///")
        return Path(path).parent if path else self.data_dir

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that decides the day."""
        return ZoneInfo(self.timezone)

    @property
    def bounce_address(self) -> str:
        """Where bounces go; `ReturnPath` reads it."""
        return self.smtp_bounces or self.smtp_sender

    @property
    def channels(self) -> frozenset[NoticeChannel]:
        """The channels that are set up."""
        mail: tuple[NoticeChannel, ...] = ("email",) if self.smtp_url is not None else ()
        sms: tuple[NoticeChannel, ...] = ("sms",) if self.sms_provider != "none" else ()
        return frozenset((*mail, *sms, "chat") if self.chat_groups is not None else (*mail, *sms))

    @property
    def files_dir(self) -> Path:
        """Where uploaded evidence lies."""
        return self.pages_files or self.data_dir / "files"

    def receipts_url(self, port: int | None = None) -> str:
        """Where gateways reach this worker: the public URL, otherwise the web address (`port`: the one it got)."""
        host = f"[{self.web_host}]" if ":" in self.web_host else self.web_host
        return self.public_url or f"http://{host}:{port or self.web_port}"

    def effective(self) -> dict[str, str | int | None]:
        """Every setting as it is in force, secrets hidden, under the name of its variable."""
        others = {**ChannelSettings.model_fields, **PagesSettings.model_fields}
        names = sorted(type(self).model_fields, key=lambda name: name in others)
        return {variable(name): _shown(getattr(self, name)) for name in names}

    def _secrets(self) -> Iterator[str]:
        """What is secret: the settings made for it, and user information in any other URL."""
        for value in dict(self).values():
            if isinstance(value, SecretStr):
                yield value.get_secret_value()
                yield from filter(None, value.get_secret_value().split(","))
            elif isinstance(value, str) and ":" in value and "@" in value:
                yield value


def _shown(value: object) -> str | int | None:
    if isinstance(value, SecretStr):
        text = value.get_secret_value()
        return hide_url(text) if "://" in text else HIDDEN if text else ""
    return value if value is None or isinstance(value, int) else hide_url(str(value))


def _sentences(cls: type[Settings], error: ValidationError) -> list[str]:
    """One sentence for each fault, which begins with the setting's name."""
    lines = []
    for fault in error.errors(include_url=False, include_input=False, include_context=True):
        reason = fault["ctx"].get("error") if "ctx" in fault else None
        text = str(reason) if isinstance(reason, (ValueError, ClockError)) else fault["msg"]
        name = str(fault["loc"][0]) if fault["loc"] else ""
        if not name:
            lines.append(text)
        elif name in cls.model_fields:
            lines.append(f"{variable(name)}: {text}")
        else:
            lines.append(f"{name!r} is not a setting{nearest(name, [*cls.model_fields])}")
    return lines


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
