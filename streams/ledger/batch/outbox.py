"""The outbox: messages wait here, in the transaction that caused them, until the broker has acknowledged them.

One row is a chunk of many messages, so that a row's cost is shared. Its number is drawn after the asset locks, so the
chunks of one key are numbered in the order of their causes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import cramjam
import msgpack  # type: ignore[import-untyped]

from streams.ledger.moments import from_micros, to_micros
from streams.ledger.part import Part, Work
from streams.rules.state.records import OutMessage

CHUNK_MESSAGES: Final = 500
CHUNK_BYTES: Final = 1_048_576


class Chunk(NamedTuple):
    """Messages that were written together, in order; packed, for a hundred chunks unpacked may be a gigabyte."""

    pk: int
    payload: bytes

    @property
    def messages(self) -> list[OutMessage]:
        """The messages, unpacked anew."""
        return _unpack(self.payload)


class Outbox(Part):
    """Adding, taking over, deleting."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.unreadable: list[int] = []  # chunks that were taken over and cannot be read

    async def add(self, messages: Sequence[OutMessage], real: datetime) -> list[int]:
        """Writes messages as chunks of this worker; their numbers, oldest first."""
        pks = []
        at = to_micros(real)
        for chunk in _chunks(messages):
            ((pk,),) = await self._session.rows(
                "insert into outbox (created_at, held_at, owner, payload) values (?, ?, ?, ?) returning pk",
                at,
                at,
                self._work.owner,
                bytes(cramjam.lz4.compress_block(msgpack.packb(chunk))),
            )
            pks.append(pk)
        return pks

    async def delete(self, pks: Sequence[int]) -> int:
        """Deletes published chunks; how many were still there.

        Fewer than asked for: another worker has taken some over and published them too, perhaps out of order. Then
        `Refreshes.note_named` has the tickets published as they now stand.
        """
        if self._session.dialect == "postgresql":
            return await self._session.run("delete from outbox where pk = any(?::bigint[])", list(pks))
        return sum([await self._session.run("delete from outbox where pk = ?", pk) for pk in pks])

    async def take_over(
        self, held_before: datetime, real: datetime, limit: int = 100, *, in_hand: Iterable[int] | None = None
    ) -> list[Chunk]:
        """Makes chunks of other workers this one's own, oldest first, if nobody has moved them since `held_before`.

        One that was moved in the future was moved by a clock that went wrong.
        With `in_hand`, the chunks that this worker knows of, also its own that it does not know of: their commit was
        never answered. What cannot be read stays, and is named in `unreadable`.
        """
        known = "" if in_hand is None else f"or pk not in ({','.join(map(str, in_hand)) or '0'})"
        lock = "for update skip locked" if self._session.dialect == "postgresql" else ""
        rows = await self._session.rows(
            f"select pk, payload from outbox where (owner <> ? {known}) "  # noqa: S608
            f"and (held_at < ? or held_at > ?) order by pk limit ? {lock}",
            self._work.owner,
            to_micros(held_before),
            to_micros(real + (real - held_before)),
            limit,
        )
        await self._session.run_each(
            "update outbox set owner = ?, held_at = ? where pk = ?",
            [(self._work.owner, to_micros(real), pk) for pk, _ in rows],
        )
        chunks = []
        for pk, payload in rows:
            try:
                _unpack(payload)  # kept packed all the same
            except Exception:  # noqa: BLE001 - whatever it is, the others can be read
                self.unreadable.append(pk)
            else:
                chunks.append(Chunk(pk, payload))
        return chunks

    async def hold(self, pks: Sequence[int], real: datetime) -> set[int]:
        """Which of these chunks are still there and this worker's; nobody takes them over for a while now."""
        return {
            row[0]
            for pk in pks
            for row in await self._session.rows(
                "update outbox set held_at = ? where pk = ? and owner = ? returning pk",
                to_micros(real),
                pk,
                self._work.owner,
            )
        }

    async def oldest(self) -> datetime | None:
        """When the oldest chunk was written (real time)."""
        rows = await self._session.rows("select created_at from outbox order by pk limit 1")
        return from_micros(rows[0][0]) if rows else None

    async def count(self) -> int:
        """How many chunks wait."""
        ((count,),) = await self._session.rows("select count(*) from outbox")
        return int(count)


def _chunks(messages: Sequence[OutMessage]) -> Iterator[list[OutMessage]]:
    chunk: list[OutMessage] = []
    size = 0
    for message in messages:
        length = len(message.value or b"") + len(message.key or b"")
        if chunk and (len(chunk) == CHUNK_MESSAGES or size + length > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(message)
        size += length
    if chunk:
        yield chunk


def _unpack(payload: bytes) -> list[OutMessage]:
    return [OutMessage(*fields) for fields in msgpack.unpackb(cramjam.lz4.decompress_block(payload), use_list=False)]
