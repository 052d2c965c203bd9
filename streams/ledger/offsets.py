"""Where each partition stands: part of the same transaction as what was made of its records."""

from __future__ import annotations

from streams.ledger.errors import LedgerError, Superseded
from streams.ledger.part import Part


class Offsets(Part):
    """Offsets, moved by compare-and-set, and the cluster that they belong to."""

    async def lock_offset(self, topic: str, partition: int) -> int | None:
        """The next offset to read, its row locked until the transaction ends; None when there is none yet."""
        lock = "for update" if self._session.dialect == "postgresql" else ""
        rows = await self._session.rows(
            f"select next_offset from source where topic = ? and partition = ? {lock}",  # noqa: S608
            topic,
            partition,
        )
        return rows[0][0] if rows else None

    async def set_offset(self, topic: str, partition: int, expected: int | None, next_offset: int) -> None:
        """Moves the offset; raises Superseded when it does not stand at `expected`."""
        if expected is None:
            changed = await self._session.run(
                "insert into source (topic, partition, next_offset) values (?, ?, ?) on conflict do nothing",
                topic,
                partition,
                next_offset,
            )
        else:
            changed = await self._session.run(
                "update source set next_offset = ? where topic = ? and partition = ? and next_offset = ?",
                next_offset,
                topic,
                partition,
                expected,
            )
        if changed != 1:
            msg = f"{topic}[{partition}] does not stand at {expected}: another worker has moved it"
            raise Superseded(msg)

    async def offsets(self) -> dict[tuple[str, int], int]:
        """(topic, partition) -> the next offset to read."""
        rows = await self._session.rows("select topic, partition, next_offset from source")
        return {(topic, partition): next_offset for topic, partition, next_offset in rows}

    async def bind_cluster(self, cluster_id: str) -> None:
        """Ties the database to a Kafka cluster for good; raises LedgerError when it belongs to another."""
        await self._session.run(
            "insert into meta (key, value) values ('cluster_id', ?) on conflict do nothing", cluster_id
        )
        ((bound,),) = await self._session.rows("select value from meta where key = 'cluster_id'")
        if bound != cluster_id:
            msg = (
                f"this database belongs to the Kafka cluster {bound}, but the broker is cluster {cluster_id}: "
                "its offsets mean nothing there; use that cluster, or a new database (RECTIFY_DATABASE_URL)"
            )
            raise LedgerError(msg)
