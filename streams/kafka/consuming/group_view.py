"""Who reads what: the partitions of a worker as its group assigns them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from streams.kafka.config import KafkaConfig


class GroupView:
    """What a worker shows of its place in the consumer group. Times are monotonic seconds."""

    def __init__(
        self,
        on_assigned: Callable[[frozenset[tuple[str, int]]], None] | None = None,
        on_revoked: Callable[[frozenset[tuple[str, int]]], None] | None = None,
    ) -> None:
        self.joined = False
        self.partitions: frozenset[tuple[str, int]] = frozenset()
        self.busy_since: dict[tuple[str, int], float] = {}
        self.on_assigned = on_assigned
        self.on_revoked = on_revoked

    def assigned(self, partitions: Iterable[tuple[str, int]]) -> None:
        """The group has settled: these are ours, perhaps none."""
        self.joined = True
        self.partitions = frozenset((topic, number) for topic, number in partitions)
        if self.on_assigned is not None:
            self.on_assigned(self.partitions)

    def revoked(self, partitions: Iterable[tuple[str, int]]) -> None:
        """A rebalance has begun, or the app stops."""
        self.joined = False
        self.partitions = frozenset()
        if self.on_revoked is not None:
            self.on_revoked(frozenset((topic, number) for topic, number in partitions))


class GroupApp(Protocol):
    """What a consumer needs of the app that it belongs to."""

    kafka: KafkaConfig
    group: GroupView
    conf: Any
    transport: Any
    consumer_generation_id: int
