"""The settings of the pages: `rectify web`."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

Network = IPv4Network | IPv6Network
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*", re.ASCII)
_NO_PROXIES: Final = (
    "RECTIFY_PAGES_USER_HEADER: 须同时设置 RECTIFY_PAGES_PROXIES · "
    "set RECTIFY_PAGES_PROXIES, too: only they are believed"
)
_ISSUER: Final = (
    "登录服务的地址以 https:// 开头，没有 ? 和 # · the address of a login service: https://... without ? and #"
)
_EMAIL: Final = (
    "邮箱会易主，不能用来认人 · an e-mail address changes hands and names nobody: sub, preferred_username ..."
)
_NO_CLIENT: Final = (
    "RECTIFY_PAGES_OIDC_ISSUER: 须同时设置 RECTIFY_PAGES_OIDC_CLIENT_ID · set RECTIFY_PAGES_OIDC_CLIENT_ID, too"
)
_CLAMD: Final = "clamd is written tcp://host:3310 or unix:/path/of/its/socket"


class PagesSettings(BaseSettings):
    """A part of `Settings`."""

    pages_host: str = "127.0.0.1"
    pages_port: int = Field(default=8000, ge=0, le=65_535)
    pages_files: Path | None = Field(default=None, description="the folder of uploaded evidence, for all web processes")
    pages_proxies: str = Field(default="", description="CIDRs, comma: who may say from where a request comes")
    pages_user_header: str = Field(default="", description="the header in which those proxies name who is logged in")
    pages_oidc_issuer: str = Field(
        default="", description="https://...: the login service (OIDC); empty = there is none"
    )
    pages_oidc_client_id: str = Field(default="", description="who we are there")
    pages_oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="and our secret, if we have one")
    pages_oidc_claim: str = Field(default="sub", description="what of an ID token names the account")
    pages_clamd: str = Field(default="", description="tcp://host:port or unix:/path: uploads are scanned there")

    @field_validator("pages_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        _read_networks(value)
        return value

    @field_validator("pages_clamd")
    @classmethod
    def _scanner(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and not (value.startswith("unix:/") or (parts.scheme == "tcp" and parts.hostname and parts.port)):
            raise ValueError(_CLAMD)
        return value

    @field_validator("pages_oidc_issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        if value and not (safe and parts.hostname and not parts.query and not parts.fragment and not parts.username):
            raise ValueError(_ISSUER)
        return value

    @field_validator("pages_oidc_claim")
    @classmethod
    def _claim(cls, value: str) -> str:
        if value == "email" or not value:
            raise ValueError(_EMAIL)
        return value

    @field_validator("pages_user_header")
    @classmethod
    def _header(cls, value: str) -> str:
        if value and not _HEADER.fullmatch(value):
            msg = "不是 HTTP 头名称 · not the name of a header, such as X-Remote-User"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _from_proxies_alone(self) -> Self:
        """Whoever connects directly may write any header."""
        if self.pages_user_header and not self.pages_proxies:
            raise ValueError(_NO_PROXIES)
        if self.pages_oidc_issuer and not self.pages_oidc_client_id:
            raise ValueError(_NO_CLIENT)
        return self

    @property
    def proxies(self) -> tuple[Network, ...]:
        """Who is believed when it says for whom it asks."""
        return _read_networks(self.pages_proxies)


def _read_networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError as error:
        msg = f"proxies are written as addresses or CIDRs, separated by commas: {error}"
        raise ValueError(msg) from None
