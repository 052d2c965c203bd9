"""Where each partition stands: part of the same transaction as what was made of its records."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from streams.ledger.errors import LedgerError, Superseded
from streams.ledger.part import Part


class Move(NamedTuple):
    """From where a partition is expected to stand, None for nowhere, to the next offset to read."""

    expected: int | None
    next_offset: int


class Offsets(Part):
    """Offsets, moved by compare-and-set, and the cluster that they belong to."""

    async def lock_offsets(self, topic: str, partitions: Collection[int]) -> dict[int, int]:
        """The next offset to read of each partition that has one, the rows locked until the transaction ends."""
        numbers = sorted(partitions)
        if self._session.dialect == "postgresql":
            rows = await self._session.rows(
                "select partition, next_offset from source where topic = ? and partition = any(?::integer[]) "
                "order by partition for update",
                topic,
                numbers,
            )
        else:
            places = ", ".join("?" * len(numbers))
            rows = await self._session.rows(
                f"select partition, next_offset from source where topic = ? and partition in ({places})",  # noqa: S608
                topic,
                *numbers,
            )
        return {row[0]: row[1] for row in rows}

    async def set_offsets(self, topic: str, moves: Mapping[int, Move]) -> None:
        """Moves partitions; raises Superseded when one does not stand where it is expected."""
        known = [(number, *move) for number, move in sorted(moves.items()) if move.expected is not None]
        new = [(number, move.next_offset) for number, move in sorted(moves.items()) if move.expected is None]
        moved = await self._move(topic, known) if known else 0
        for number, next_offset in new:
            moved += await self._session.run(
                "insert into source (topic, partition, next_offset) values (?, ?, ?) on conflict do nothing",
                topic,
                number,
                next_offset,
            )
        if moved != len(moves):
            msg = f"{topic}{sorted(moves)}: not all stand where they were expected, another worker has moved some"
            raise Superseded(msg)

    async def _move(self, topic: str, moves: Sequence[tuple[int, int | None, int]]) -> int:
        if self._session.dialect == "postgresql":
            return await self._session.run(
                "update source set next_offset = move.next_offset "
                "from unnest(?::integer[], ?::bigint[], ?::bigint[]) as move (partition, expected, next_offset) "
                "where topic = ? and source.partition = move.partition and source.next_offset = move.expected",
                *map(list, zip(*moves, strict=True)),
                topic,
            )
        update = "update source set next_offset = ? where topic = ? and partition = ? and next_offset = ?"
        return sum([await self._session.run(update, after, topic, number, before) for number, before, after in moves])

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
