"""Adopting other logs: the ledger stays, and reads on in what stands under the topics' names now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aiokafka.errors import CommitFailedError, UnknownMemberIdError

from streams.kafka.admin import beginning_offsets, cluster_id, end_offsets, place_group
from streams.kafka.identity import log_ids
from streams.ledger import Ledger, LedgerError
from streams.services.known_logs import compare
from streams.settings.model import Settings

From = Literal["beginning", "end"]


@dataclass(frozen=True, slots=True)
class NewLog:
    """A topic whose log is not the one that was read, or of which a new cluster has another."""

    topic: str
    log_id: str | None
    begins: Mapping[int, int]
    ends: Mapping[int, int]

    @property
    def waiting(self) -> int:
        """How many messages are in it, at most."""
        return sum(self.ends.values()) - sum(self.begins.values())


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is to be adopted; `cluster` is the new one, None: it is the same."""

    cluster: str | None
    logs: list[NewLog]


async def what_is_new(ledger: Ledger, settings: Settings, topics: tuple[str, ...]) -> Adoption:
    """Compares the inbound topics with what the ledger has read; raises LedgerError when one is missing."""
    kafka = settings.kafka()
    begins, ends = await beginning_offsets(kafka, topics), await end_offsets(kafka, topics)
    missing = sorted(set(topics) - {topic for topic, _ in ends})
    if missing:
        msg = f"缺少主题 · topics are missing: {', '.join(missing)}; `rectify topics create`"
        raise LedgerError(msg)
    ids, there = await log_ids(kafka, topics), await cluster_id(kafka)
    async with ledger.transaction() as tx:
        reached, bound = await tx.offsets.reached(), await tx.logs.bound_cluster()
    new_cluster = bound is not None and bound != there
    logs = []
    for topic in topics:
        mine = {place: known for place, known in reached.items() if place[0] == topic}
        if new_cluster or await compare(kafka, mine, ids, mine) is not None:
            spans = [{number: at for (name, number), at in of.items() if name == topic} for of in (begins, ends)]
            logs.append(NewLog(topic, ids.get(topic), *spans))
    return Adoption(there if new_cluster else None, logs)


async def adopt(ledger: Ledger, settings: Settings, adoption: Adoption, begin: From, real: datetime) -> int:
    """Reads on in the new logs from their beginning or end; how many open tickets are published to a new cluster.

    Raises LedgerError while a worker is in the group. Done again after a crash it does the same.
    """
    starts = {log.topic: log.begins if begin == "beginning" else log.ends for log in adoption.logs}
    places = {(topic, number): offset for topic, start in starts.items() for number, offset in start.items()}
    try:
        await place_group(settings.kafka(), settings.group_id, places)
    except (CommitFailedError, UnknownMemberIdError):
        msg = "还有节点在运行，请先全部停下 · workers are in the group: stop every worker first, and wait for 15 s"
        raise LedgerError(msg) from None
    async with ledger.transaction() as tx:
        for log in adoption.logs:
            await tx.logs.adopt(log.topic, log.log_id, starts[log.topic])
        return await tx.logs.adopt_cluster(adoption.cluster, real) if adoption.cluster is not None else 0
