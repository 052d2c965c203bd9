"""Where the brokers are and how to talk to them."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFAULT_PORT = 9092
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_WRITTEN = "RECTIFY_BROKER: a broker is written kafka://host:port,... or host:port,..."
_NO_LOGIN = (
    "RECTIFY_BROKER: 用户名和密码另设 · user and password stand in RECTIFY_KAFKA_SASL_USERNAME and _PASSWORD, "
    "not in the address"
)
_HOST = re.compile(r"\[[0-9A-Fa-f:.%]+\]|[^\s/?#@:\[\]]+")
_HIGHEST_PORT = 65_535


class CertificateError(OSError):
    """A file for TLS cannot be used; the sentence names the setting."""


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """Bootstrap servers (``host:port,host:port``) and how to authenticate. Raises ValueError when it cannot work."""

    bootstrap: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = "PLAIN"
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    ssl_cafile: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    client_id: str = "rectify"

    def __post_init__(self) -> None:
        """Refuse what aiokafka would refuse only later, or not at all."""
        if self.security_protocol not in PROTOCOLS:
            msg = f"RECTIFY_KAFKA_SECURITY_PROTOCOL: {self.security_protocol!r} is none of {', '.join(PROTOCOLS)}"
            raise ValueError(msg)
        if self._sasl and self.sasl_mechanism not in MECHANISMS:
            msg = f"RECTIFY_KAFKA_SASL_MECHANISM: {self.sasl_mechanism!r} is none of {', '.join(MECHANISMS)}"
            raise ValueError(msg)
        if self._sasl and not (self.sasl_username and self.sasl_password):
            msg = f"{self.security_protocol} needs RECTIFY_KAFKA_SASL_USERNAME and RECTIFY_KAFKA_SASL_PASSWORD"
            raise ValueError(msg)
        object.__setattr__(self, "bootstrap", ",".join(_servers(self.bootstrap)))

    @classmethod
    def from_url(cls, url: str, **options: Any) -> KafkaConfig:
        """Read ``kafka://host:port,host2:port``; a missing port is 9092. As other tools have it: ``host:port``."""
        scheme, _, rest = url.rpartition("://")
        if "@" in url:
            raise ValueError(_NO_LOGIN)
        if scheme not in {"", "kafka"} or (not scheme and not all(":" in one for one in url.split(","))):
            raise ValueError(_WRITTEN)
        return cls(bootstrap=rest.rstrip("/"), **options)

    @property
    def _sasl(self) -> bool:
        return self.security_protocol.startswith("SASL_")

    @property
    def servers(self) -> list[str]:
        """The bootstrap servers one by one, each ``host:port``."""
        return self.bootstrap.split(",")

    def aiokafka_options(self) -> dict[str, Any]:
        """Keyword arguments that every aiokafka client understands. Reads the certificate files."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.servers,
            "client_id": self.client_id,
            "security_protocol": self.security_protocol,
        }
        if self._sasl:
            options |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.sasl_password,
            }
        if self.security_protocol.endswith("SSL"):
            options["ssl_context"] = self._ssl_context()
        return options

    def _ssl_context(self) -> ssl.SSLContext:
        from aiokafka.helpers import create_ssl_context

        named = {"CAFILE": self.ssl_cafile, "CERTFILE": self.ssl_certfile, "KEYFILE": self.ssl_keyfile}
        for name, path in named.items():
            if path:
                _read(f"RECTIFY_KAFKA_SSL_{name}", path)
        try:
            context: ssl.SSLContext = create_ssl_context(
                cafile=self.ssl_cafile,
                certfile=self.ssl_certfile,
                keyfile=self.ssl_keyfile,
                password="",  # an encrypted key is refused; OpenSSL would ask for its password at the terminal
            )
        except (ssl.SSLError, ValueError) as error:
            given = ", ".join(f"RECTIFY_KAFKA_SSL_{name}={path}" for name, path in named.items() if path)
            reason = getattr(error, "reason", None) or error
            msg = f"证书文件不能使用 · no certificate, no key, not of each other, or encrypted: {given} ({reason})"
            raise CertificateError(msg) from None
        return context


def _read(setting: str, path: str) -> None:
    try:
        Path(path).read_bytes()
    except OSError as error:
        msg = f"{setting}: 无法读取 · cannot read {path}: {error.strerror}"
        raise CertificateError(msg) from None


def _servers(bootstrap: str) -> list[str]:
    servers = []
    for part in bootstrap.split(","):
        server = part.strip()
        host, colon, port = server.rpartition(":")
        if server.endswith("]") or not colon:
            host, port = server, str(DEFAULT_PORT)
        if not _HOST.fullmatch(host) or not port.isdecimal() or not 0 < int(port) <= _HIGHEST_PORT:
            msg = f"RECTIFY_BROKER: {server!r} is not host:port"
            raise ValueError(msg)
        servers.append(f"{host}:{port}")
    return servers
