"""Which logs the ledger has read: the Kafka cluster, and each topic's id; and adopting others in their place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from streams.ledger.batch.offsets import Offsets
from streams.ledger.batch.refreshes import Refreshes
from streams.ledger.errors import LedgerError
from streams.ledger.part import Part, Work

_OPEN: Final = "select pk from tickets where closed_at is null and pk > ? order by pk limit 500"


class Logs(Part):
    """The identity of what the offsets count."""

    def __init__(self, work: Work, offsets: Offsets, refreshes: Refreshes) -> None:
        super().__init__(work)
        self._offsets = offsets
        self._refreshes = refreshes

    async def bind_cluster(self, cluster_id: str) -> None:
        """Ties the database to a Kafka cluster; raises LedgerError when it belongs to another."""
        await self._session.run(
            "insert into meta (key, value) values ('cluster_id', ?) on conflict do nothing", cluster_id
        )
        ((bound,),) = await self._session.rows("select value from meta where key = 'cluster_id'")
        if bound != cluster_id:
            msg = (
                f"本库属于 Kafka 集群 {bound}，而 broker 是集群 {cluster_id}，已读位置在那里没有意义：接回原集群，"
                "或停下全部节点后运行 `rectify db adopt-cluster`，让本库接用新集群 · "
                f"this database belongs to the Kafka cluster {bound}, but the broker is cluster {cluster_id}: "
                "its offsets mean nothing there; use that cluster, or stop every worker and run "
                "`rectify db adopt-cluster`, which keeps the ledger and takes the new logs"
            )
            raise LedgerError(msg)

    async def bound_cluster(self) -> str | None:
        """The cluster that the database belongs to, once a worker has run."""
        rows = await self._session.rows("select value from meta where key = 'cluster_id'")
        return str(rows[0][0]) if rows else None

    async def bind(self, log_ids: Mapping[str, str]) -> None:
        """Notes the id of each topic whose log has none yet, as after an upgrade."""
        await self._session.run_each(
            "update source set log_id = ? where topic = ? and log_id is null",
            [(log_id, topic) for topic, log_id in log_ids.items()],
        )

    async def adopt(self, topic: str, log_id: str | None, offsets: Mapping[int, int]) -> int:
        """Another log stands in the topic's place: read on at these offsets, under a new epoch, which is returned."""
        epoch = await self._offsets.epoch(topic) + 1
        await self._session.run("delete from source where topic = ?", topic)
        await self._session.run_each(
            "insert into source (topic, partition, next_offset, log_id, epoch) values (?, ?, ?, ?, ?)",
            [(topic, partition, offset, log_id, epoch) for partition, offset in sorted(offsets.items())],
        )
        return epoch

    async def adopt_cluster(self, cluster_id: str, real: datetime) -> int:
        """The database belongs to this cluster now, where nobody knows its open tickets: they are published again."""
        await self._session.run(
            "insert into meta (key, value) values ('cluster_id', ?) "
            "on conflict (key) do update set value = excluded.value",
            cluster_id,
        )
        last = number = 0
        while page := [row[0] for row in await self._session.rows(_OPEN, last)]:
            await self._refreshes.note(page, real)
            last, number = page[-1], number + len(page)
        return number
