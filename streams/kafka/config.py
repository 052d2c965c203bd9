"""Where the brokers are and how to talk to them."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any

DEFAULT_PORT = 9092
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
SCHEME = "kafka://"


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
            msg = f"security protocol {self.security_protocol!r} is none of {', '.join(PROTOCOLS)}"
            raise ValueError(msg)
        if self._sasl and self.sasl_mechanism not in MECHANISMS:
            msg = f"SASL mechanism {self.sasl_mechanism!r} is none of {', '.join(MECHANISMS)}"
            raise ValueError(msg)
        if self._sasl and not (self.sasl_username and self.sasl_password):
            msg = f"{self.security_protocol} needs a SASL user name and a password"
            raise ValueError(msg)
        object.__setattr__(self, "bootstrap", ",".join(_servers(self.bootstrap)))

    @classmethod
    def from_url(cls, url: str, **options: Any) -> KafkaConfig:
        """Read ``kafka://host:port,host2:port``; a missing port is 9092."""
        if not url.startswith(SCHEME):
            msg = f"a broker is written kafka://host:port,..., not {url!r}"
            raise ValueError(msg)
        return cls(bootstrap=url.removeprefix(SCHEME).rstrip("/"), **options)

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

        context: ssl.SSLContext = create_ssl_context(
            cafile=self.ssl_cafile, certfile=self.ssl_certfile, keyfile=self.ssl_keyfile
        )
        return context


def _servers(bootstrap: str) -> list[str]:
    servers = []
    for part in bootstrap.split(","):
        server = part.strip()
        host, colon, port = server.rpartition(":")
        if server.endswith("]") or not colon:
            host, port = server, str(DEFAULT_PORT)
        if not host or not port.isdigit():
            msg = f"{server!r} in {bootstrap!r} is not host:port"
            raise ValueError(msg)
        servers.append(f"{host}:{port}")
    return servers
