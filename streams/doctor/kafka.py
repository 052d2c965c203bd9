"""Brokers, topics and their settings, and what this client may do with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aiokafka.errors import KafkaError

from schemas.policy import Policy
from schemas.topics import Topics, TopicSpec
from streams.doctor.line import CheckLine, error, ok, warning
from streams.kafka.config import KafkaConfig
from streams.kafka.inspection import (
    READ,
    WRITE,
    Cluster,
    TopicState,
    inspect_cluster,
    may_join,
    unanswering,
    unreachable,
)

_CREATE: Final = "`rectify topics create`"
_MISSING: Final = "UnknownTopicOrPartitionError"
_FORBIDDEN: Final = "TopicAuthorizationFailedError"
_ACL: Final = "按 SECURITY.md 的表授权 · grant what the table in SECURITY.md lists"


async def kafka_lines(
    config: KafkaConfig, topics: Topics, policy: Policy, group: str, bound: str | None
) -> list[CheckLine]:
    """`bound`: the cluster that the database belongs to, where that is known."""
    try:
        away = await unanswering(config)
    except OSError as fault:  # a certificate file that cannot be read
        advice = "核对 RECTIFY_KAFKA_SSL_* 的文件 · check the files that RECTIFY_KAFKA_SSL_* name"
        return [error("kafka", f"无法读取证书文件 · a certificate file cannot be read: {fault}", advice)]
    if len(away) == len(config.servers):
        return [error("kafka", *unreachable(server, fault)) for server, fault in away.items()]
    specs = topics.specs(policy.rungs)
    try:
        cluster = await inspect_cluster(config, [spec.name for spec in specs])
    except (KafkaError, OSError, TimeoutError) as fault:
        return [error("kafka", *unreachable(config.bootstrap, fault))]
    lines = [
        warning(
            "kafka", unreachable(server, fault).text, "修复它，或从 RECTIFY_BROKER 去掉 · repair it, or take it out"
        )
        for server, fault in away.items()
    ]
    lines.append(_cluster_line(config, cluster, bound))
    lines += _topic_lines(specs, cluster, topics)
    lines.append(await _group_line(config, group))
    return lines


async def _group_line(config: KafkaConfig, group: str) -> CheckLine:
    try:
        joins = await may_join(config, group)
    except (KafkaError, OSError, TimeoutError) as fault:
        text = f"消费组协调者没有应答 · the coordinator of the group {group} does not answer: {type(fault).__name__}"
        return warning("group", text, "稍后再查，并看 Kafka 的日志 · look again, and at the brokers' log")
    if joins:
        return ok("group", f"可以加入消费组 · may join the group {group}")
    return error("group", f"无权加入消费组 · no right to Read the group {group}", _ACL)


def _cluster_line(config: KafkaConfig, cluster: Cluster, bound: str | None) -> CheckLine:
    if bound is not None and bound != cluster.cluster_id:
        text = f"数据库属于另一 Kafka 集群 · the database belongs to cluster {bound}, this is {cluster.cluster_id}"
        return error(
            "kafka",
            text,
            "改回原集群，或运行 rectify db adopt-cluster · use that cluster, or run `rectify db adopt-cluster`",
        )
    text = f"Kafka 应答 · answers: {config.bootstrap} ({config.security_protocol}), {cluster.brokers} broker"
    if config.security_protocol == "SASL_PLAINTEXT" and config.sasl_mechanism == "PLAIN":
        advice = "改用 SASL_SSL · use SASL_SSL: a listener on the network reads the password"
        return warning("kafka", text, advice)
    return ok("kafka", text)


def _topic_lines(specs: Iterable[TopicSpec], cluster: Cluster, topics: Topics) -> list[CheckLine]:
    lines: list[CheckLine] = []
    for spec in specs:
        lines += _of_topic(spec, cluster.topics.get(spec.name) or TopicState(spec.name, _MISSING), topics)
    wanted = [topics.findings, topics.commands]
    counts = {cluster.topics[name].partitions for name in wanted if name in cluster.topics}
    if not lines:
        total = f"{sum(state.partitions for state in cluster.topics.values())}"
        lines.append(ok("topics", f"主题齐全，设置相符 · every topic is there as it should be ({total} partitions)"))
    if counts == {1}:
        advice = "kafka-topics.sh --alter --partitions 可增加 · add some, if several workers shall share the work"
        lines.append(
            warning("topics", "检出主题只有一个分区，只有一个节点干活 · one partition: one worker does it all", advice)
        )
    return lines


def _of_topic(spec: TopicSpec, state: TopicState, topics: Topics) -> list[CheckLine]:
    name = f"topic {spec.name}"
    if state.error == _FORBIDDEN:
        return [error(name, f"无权访问 · no right to see {spec.name}", _ACL)]
    if state.error:
        return [error(name, f"主题不存在 · is missing: {spec.name}", _CREATE)]
    lines = []
    operation, word = (READ, "Read") if spec.name in topics.inbound else (WRITE, "Write")
    if not state.may(operation):
        lines.append(error(name, f"缺少 {word} 权限 · no right to {word} {spec.name}", _ACL))
    if state.leaderless:
        text = f"{state.leaderless} 个分区没有 leader · partitions of {spec.name} have no leader"
        lines.append(error(name, text, "查看 Kafka 各节点 · look at the brokers"))
    elif state.thin:
        text = f"{state.thin} 个分区副本不齐 · partitions of {spec.name} lack a replica in step"
        lines.append(warning(name, text, "查看 Kafka 各节点 · look at the brokers"))
    lines += _of_settings(name, spec, state.configs)
    return lines


def _of_settings(name: str, spec: TopicSpec, configs: dict[str, str] | None) -> list[CheckLine]:
    if configs is None:
        return []  # nobody's right but an administrator's; not needed to work
    lines = []
    limit = int(configs.get("max.message.bytes") or spec.max_message_bytes)
    if limit < spec.max_message_bytes:
        text = f"max.message.bytes {limit} 太小 · is below {spec.max_message_bytes}: {spec.name}"
        lines.append(
            warning(name, text, f"kafka-configs.sh --alter --add-config max.message.bytes={spec.max_message_bytes}")
        )
    compacted = "compact" in configs.get("cleanup.policy", "")
    if spec.compacted != compacted:
        wanted = "compact" if spec.compacted else "delete"
        text = f"cleanup.policy 应为 {wanted} · should be {wanted}: {spec.name}"
        advice = f"kafka-configs.sh --alter --add-config cleanup.policy={wanted}"
        # A compacted inbound topic loses findings of one key; an uncompacted registry forgets units by time.
        lines.append(error(name, text, advice))
    return lines
