"""Where each partition stands: part of the same transaction as what was made of its records."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from streams.ledger.errors import Superseded
from streams.ledger.part import Part

_REACHED: Final = "select partition, next_offset, log_id, last_record, epoch, refused_json, topic from source"


class Move(NamedTuple):
    """From where a partition is expected to stand, None for nowhere, to the next offset to read."""

    expected: int | None
    next_offset: int
    log_id: str | None = None  # of the log that was read; None: not known
    last_record: str | None = None  # what the last record handled is known by again
    refused_json: str | None = None  # what is counted of producers since they were refused (dead_letter_limits.py)
    epoch: int = 0  # of a partition that stood nowhere


class Reached(NamedTuple):
    """How far a partition has been read, and of which log."""

    next_offset: int
    log_id: str | None  # the topic's id; None where no broker has told it
    last_record: str | None  # `offset:timestamp:crc` of the last record handled
    epoch: int  # grows when another log is adopted
    refused_json: str | None  # as of a `Move`


class Offsets(Part):
    """Offsets, moved by compare-and-set."""

    async def lock(self, topic: str, partitions: Collection[int]) -> dict[int, Reached]:
        """Where each partition stands that stands anywhere, the rows locked until the transaction ends."""
        numbers = sorted(partitions)
        if self._session.dialect == "postgresql":
            rows = await self._session.rows(
                f"{_REACHED} where topic = ? and partition = any(?::integer[]) order by partition for update",
                topic,
                numbers,
            )
        else:
            places = ", ".join("?" * len(numbers))
            rows = await self._session.rows(
                f"{_REACHED} where topic = ? and partition in ({places})",
                topic,
                *numbers,
            )
        return {row[0]: Reached(*row[1:6]) for row in rows}

    async def epoch(self, topic: str) -> int:
        """The epoch of a topic's partitions, for one that stands nowhere yet."""
        ((epoch,),) = await self._session.rows("select coalesce(max(epoch), 0) from source where topic = ?", topic)
        return int(epoch)

    async def move(self, topic: str, moves: Mapping[int, Move]) -> None:
        """Moves partitions; raises Superseded when one does not stand where it is expected."""
        known = [(number, move) for number, move in sorted(moves.items()) if move.expected is not None]
        moved = await self._move(topic, known) if known else 0
        for number, move in sorted(moves.items()):
            if move.expected is None:
                moved += await self._session.run(
                    "insert into source (topic, partition, next_offset, log_id, last_record, refused_json, epoch) "
                    "values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
                    topic,
                    number,
                    *move[1:],
                )
        if moved != len(moves):
            msg = f"{topic}{sorted(moves)}: not all stand where they were expected, another worker has moved some"
            raise Superseded(msg)

    async def _move(self, topic: str, moves: Sequence[tuple[int, Move]]) -> int:
        rows = [(number, *move[:5]) for number, move in moves]
        if self._session.dialect == "postgresql":
            return await self._session.run(
                "update source set next_offset = move.next_offset, log_id = coalesce(move.log_id, source.log_id), "
                "last_record = move.last_record, refused_json = move.refused_json "
                "from unnest(?::integer[], ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[]) "
                "as move (partition, expected, next_offset, log_id, last_record, refused_json) "
                "where topic = ? and source.partition = move.partition and source.next_offset = move.expected",
                *map(list, zip(*rows, strict=True)),
                topic,
            )
        update = (
            "update source set next_offset = ?, log_id = coalesce(?, log_id), last_record = ?, refused_json = ? "
            "where topic = ? and partition = ? and next_offset = ?"
        )
        run = self._session.run
        return sum([await run(update, *row[2:], topic, row[0], row[1]) for row in rows])

    async def all(self) -> dict[tuple[str, int], int]:
        """(topic, partition) -> the next offset to read."""
        return {place: reached.next_offset for place, reached in (await self.reached()).items()}

    async def reached(self) -> dict[tuple[str, int], Reached]:
        """(topic, partition) -> how far it has been read, and of which log."""
        return {(row[6], row[0]): Reached(*row[1:6]) for row in await self._session.rows(_REACHED)}
