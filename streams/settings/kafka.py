"""The settings of the brokers."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from streams.kafka.config import KafkaConfig


class KafkaSettings(BaseSettings):
    """A part of `Settings`."""

    broker: str = Field(default="", description="host:port,host:port ...; empty with demo and up: a local Kafka")
    kafka_security_protocol: str = "PLAINTEXT"
    kafka_sasl_mechanism: str = "PLAIN"
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_ssl_cafile: Path | None = None
    kafka_ssl_certfile: Path | None = None
    kafka_ssl_keyfile: Path | None = None

    def kafka(self, broker: str | None = None) -> KafkaConfig:
        """How to reach the brokers; `broker` (kafka://...) where the settings name none."""
        password = self.kafka_sasl_password
        return KafkaConfig.from_url(
            broker or self.broker,
            security_protocol=self.kafka_security_protocol,
            sasl_mechanism=self.kafka_sasl_mechanism,
            sasl_username=self.kafka_sasl_username,
            sasl_password=password.get_secret_value() if password else None,
            ssl_cafile=_text(self.kafka_ssl_cafile),
            ssl_certfile=_text(self.kafka_ssl_certfile),
            ssl_keyfile=_text(self.kafka_ssl_keyfile),
        )


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
