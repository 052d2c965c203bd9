"""Where the brokers are, and how to authenticate."""

import ssl

import pytest

from schemas.topics import DEAD_LETTER_BYTES, MESSAGE_BYTES, Topics
from streams.kafka.config import KafkaConfig


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        ("kafka://localhost:9092", ["localhost:9092"]),
        ("kafka://a:1,b:2", ["a:1", "b:2"]),
        ("localhost:9092", ["localhost:9092"]),
        ("a:1,b:2", ["a:1", "b:2"]),
        ("kafka://a:1, b:2 /", ["a:1", "b:2"]),
        ("kafka://broker", ["broker:9092"]),
        ("kafka://[::1]:19092,[fe80::1]", ["[::1]:19092", "[fe80::1]:9092"]),
    ],
)
def test_a_url_names_one_or_more_servers(url: str, servers: list[str]) -> None:
    """A missing port is 9092; spaces and a closing slash do no harm."""
    assert KafkaConfig.from_url(url).servers == servers


@pytest.mark.parametrize(
    "url",
    [
        "localhost",
        "me:word@a:1",
        "kafka://me@a:1",
        "a:1/x",
        "http://a:1",
        "kafka://",
        "kafka://a:1,,b:2",
        "kafka://a:x",
        "kafka://:9092",
    ],
)
def test_what_is_no_list_of_servers_is_refused(url: str) -> None:
    """The refusal comes at once and not at the first connection."""
    with pytest.raises(ValueError, match=r"kafka|host:port|SASL"):
        KafkaConfig.from_url(url)


def test_plain_connections_need_nothing_else() -> None:
    """Neither SASL nor SSL is mentioned to the client."""
    assert KafkaConfig("a:1", client_id="me").aiokafka_options() == {
        "bootstrap_servers": ["a:1"],
        "client_id": "me",
        "security_protocol": "PLAINTEXT",
    }


def test_sasl_over_ssl_brings_name_password_and_a_context() -> None:
    """Everything that a managed Kafka asks for is handed on."""
    config = KafkaConfig(
        "a:1",
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="rectify",
        sasl_password="secret",
    )
    options = config.aiokafka_options()
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("rectify", "secret")
    assert isinstance(options["ssl_context"], ssl.SSLContext)
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED


def test_the_password_is_not_shown() -> None:
    """The repr may go to a log."""
    config = KafkaConfig("a:1", security_protocol="SASL_PLAINTEXT", sasl_username="u", sasl_password="secret")
    assert "secret" not in repr(config)


@pytest.mark.parametrize(
    "options",
    [
        {"security_protocol": "TLS"},
        {"security_protocol": "SASL_SSL"},
        {"security_protocol": "SASL_SSL", "sasl_username": "u"},
        {"security_protocol": "SASL_SSL", "sasl_username": "u", "sasl_password": "p", "sasl_mechanism": "GSSAPI"},
    ],
)
def test_what_cannot_authenticate_is_refused(options: dict[str, str]) -> None:
    """A half-filled configuration is an error, not a connection that never comes."""
    with pytest.raises(ValueError, match=r"SASL|protocol"):
        KafkaConfig.from_url("kafka://a:1", **options)


def test_topics_follow_the_contract() -> None:
    """Names below the prefix; registry, bulletins and tickets are compacted; dead letters have room for headers."""
    specs = {spec.name: spec for spec in Topics("x").specs(["urge", "bulletin"])}
    assert set(specs) == {
        "x.findings",
        "x.commands",
        "x.registry",
        "x.bulletins",
        "x.tickets",
        "x.events",
        "x.escalations.urge",
        "x.escalations.bulletin",
        "x.recheck-requests",
        "x.receipts",
        "x.dead-letters",
    }
    assert {name for name, spec in specs.items() if spec.compacted} == {"x.registry", "x.bulletins", "x.tickets"}
    assert specs["x.findings"].max_message_bytes == MESSAGE_BYTES
    assert specs["x.dead-letters"].max_message_bytes == DEAD_LETTER_BYTES
