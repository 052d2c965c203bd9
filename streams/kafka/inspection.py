"""Looking at brokers, topics and rights without changing anything, for `rectify doctor`.

The rights come from Kafka itself: metadata from version 8 on say which operations the one who asks is allowed.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaConnectionError,
    KafkaError,
    NotCoordinatorForGroupError,
    SaslAuthenticationFailed,
    for_code,
)
from aiokafka.protocol.admin import DescribeGroupsRequest_v3, DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

from streams.kafka.admin import REQUEST_MS, connected
from streams.kafka.config import KafkaConfig

READ: Final = 1 << 3
WRITE: Final = 1 << 4
COORDINATOR_SECONDS: Final = 0.3
# A cluster that never had a group makes the topic for groups first.
_NOT_YET: Final = frozenset(
    {
        GroupCoordinatorNotAvailableError.errno,
        GroupLoadInProgressError.errno,
        NotCoordinatorForGroupError.errno,
    }
)
_NAMES: Final = Array(String("utf-8"))
_PARTITION: Final = Array(
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", Array(Int32)),
    ("isr", Array(Int32)),
    ("offline_replicas", Array(Int32)),
)
_TOPIC: Final = Array(
    ("error_code", Int16),
    ("topic", String("utf-8")),
    ("is_internal", Boolean),
    ("partitions", _PARTITION),
    ("operations", Int32),
)
_BROKER: Final = Array(("node_id", Int32), ("host", String("utf-8")), ("port", Int32), ("rack", String("utf-8")))


class Unreachable(NamedTuple):
    """Why a broker does not let us in, and what to do about it, in words."""

    text: str
    advice: str


def unreachable(server: str, fault: Exception) -> Unreachable:
    """Why a broker does not let us in, and what to do."""
    if isinstance(fault, AuthenticationFailedError | SaslAuthenticationFailed):
        text = f"Kafka 拒绝登录 · {server} refuses the login: {fault}"
        return Unreachable(text, "核对 RECTIFY_KAFKA_SASL_* · check user, password and mechanism")
    if isinstance(fault, ssl.SSLError) or isinstance(fault.__cause__, ssl.SSLError):
        text = f"与 Kafka 的 TLS 不成立 · no trusted TLS with {server}: {fault}"
        return Unreachable(text, "核对 RECTIFY_KAFKA_SSL_CAFILE 和证书 · check the authority and the certificates")
    text = f"无法连接 Kafka · {server} does not answer: {str(fault) or type(fault).__name__}"
    if isinstance(fault, KafkaConnectionError | KafkaError) and "closed" in str(fault).lower():
        advice = "核对 RECTIFY_KAFKA_SECURITY_PROTOCOL，它可能要求 TLS 或登录 · it may want TLS or a login"
        return Unreachable(text, advice)
    return Unreachable(text, "核对 RECTIFY_BROKER、防火墙、安全协议 · check address, firewall and security protocol")


def refuses(fault: Exception) -> bool:
    """Whether to ask again is in vain: the login or the certificate is wrong."""
    login = isinstance(fault, AuthenticationFailedError | SaslAuthenticationFailed)
    return login or _untrusted(fault)


def _untrusted(fault: Exception) -> bool:
    return any(isinstance(one, ssl.SSLCertVerificationError) for one in (fault, fault.__cause__))


class _Answer(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", _BROKER),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        ("topics", _TOPIC),
        ("cluster_operations", Int32),
    )


class _Question(RequestStruct):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        ("topics", _NAMES),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_operations", Boolean),
        ("include_topic_operations", Boolean),
    )


class _Metadata(Request[_Question]):  # type: ignore[misc]
    API_KEY = 3

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_Question]) -> _Question:
        return request_struct_class(list(self._topics), False, False, True)


class _GroupQuestion(DescribeGroupsRequest_v3):  # type: ignore[misc]
    RESPONSE_TYPE = DescribeGroupsResponse_v3  # aiokafka 0.14 reads the answer as if it were version 2


class _Group(Request[_GroupQuestion]):  # type: ignore[misc]
    API_KEY = 15

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: type[_GroupQuestion]) -> _GroupQuestion:
        return request_struct_class([self._group], True)


@dataclass(frozen=True, slots=True)
class TopicState:
    """One topic as the one who asks may see it."""

    name: str
    error: str  # empty, `UnknownTopicOrPartitionError`, `TopicAuthorizationFailedError` ...
    partitions: int = 0
    leaderless: int = 0  # partitions
    thin: int = 0  # partitions with fewer replicas in step than there should be
    operations: int = 0  # bits
    configs: dict[str, str] | None = None  # None: they may not be seen

    def may(self, operation: int) -> bool:
        """Whether the operation is allowed."""
        return bool(self.operations & operation)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster as the one who asks may see it."""

    cluster_id: str
    brokers: int
    topics: dict[str, TopicState]


async def unanswering(config: KafkaConfig) -> dict[str, Exception]:
    """The bootstrap servers that do not let this client in, each with the reason."""
    options = config.aiokafka_options()
    login = {name: value for name, value in options.items() if name != "bootstrap_servers"}
    found: dict[str, Exception] = {}
    for server in config.servers:
        host, _, port = server.rpartition(":")
        try:
            connection = await create_conn(host.strip("[]"), int(port), request_timeout_ms=REQUEST_MS, **login)
            await connection.send(MetadataRequest([]))  # a broker that wants a login says so to the first question
            connection.close()
        except (OSError, KafkaError, TimeoutError) as error:
            found[server] = error
    return found


async def inspect_cluster(config: KafkaConfig, topics: Sequence[str]) -> Cluster:
    """Asks for the topics by name; none is created by that."""
    async with connected(config) as admin:
        answer = (await admin._send_request(_Metadata(topics))).to_object()  # noqa: SLF001 - it has no other door
        states = {topic["topic"]: _state(topic) for topic in answer["topics"]}
        seen = [name for name, state in states.items() if not state.error]
        configs = await _configs(admin, seen) if seen else {}
    return Cluster(
        answer["cluster_id"],
        len(answer["brokers"]),
        {name: _with(state, configs.get(name)) for name, state in states.items()},
    )


def _state(topic: dict[str, Any]) -> TopicState:
    partitions = topic["partitions"]
    return TopicState(
        name=topic["topic"],
        error=for_code(topic["error_code"]).__name__ if topic["error_code"] else "",
        partitions=len(partitions),
        leaderless=sum(partition["leader"] < 0 for partition in partitions),
        thin=sum(len(partition["isr"]) < len(partition["replicas"]) for partition in partitions),
        operations=max(0, topic["operations"]),
    )


def _with(state: TopicState, configs: dict[str, str] | None) -> TopicState:
    return TopicState(
        state.name, state.error, state.partitions, state.leaderless, state.thin, state.operations, configs
    )


async def _configs(admin: Any, topics: Sequence[str]) -> dict[str, dict[str, str]]:
    """The settings of topics; what may not be seen is left out."""
    wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
    found = {}
    for answer in await admin.describe_configs(wanted):
        for resource in answer.to_object()["resources"]:
            if not resource["error_code"]:
                entries = resource["config_entries"]
                found[resource["resource_name"]] = {entry["config_names"]: entry["config_value"] for entry in entries}
    return found


async def may_join(config: KafkaConfig, group: str) -> bool:
    """Whether this client may be a member of the consumer group."""
    async with connected(config) as admin, asyncio.timeout(REQUEST_MS / 1_000):
        while True:
            try:
                coordinator = await admin.find_coordinator(group)
                answer = await admin._send_request(_Group(group), coordinator)  # noqa: SLF001 - as above
            except GroupAuthorizationFailedError:
                return False
            except GroupCoordinatorNotAvailableError:
                described = {"error_code": GroupCoordinatorNotAvailableError.errno}
            else:
                (described,) = answer.to_object()["groups"]
            if described["error_code"] not in _NOT_YET:
                return not described["error_code"] and bool(described["authorized_operations"] & READ)
            await asyncio.sleep(COORDINATOR_SECONDS)
