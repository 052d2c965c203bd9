"""What was answered first to a request that its sender has named, so that a repetition does nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from streams.ledger.engines.port import Connector
from streams.ledger.moments import to_micros

KEPT: Final = timedelta(hours=24)
ABANDONED: Final = timedelta(minutes=2)  # longer than any request lasts: who began it is dead

Begun = Literal["ours", "other", "running"]


class FirstAnswer(NamedTuple):
    """As it was given."""

    text: str


class FirstAnswers:
    """The table. Times: the wall clock; `owner` is the attempt, so that one that was given up ends nothing."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def begin(self, key_id: str, name: str, digest: str, owner: str, at: datetime) -> Begun | FirstAnswer:
        """Whether it is ours to do; otherwise its answer, or why there is none: another body, or still under way."""
        now = to_micros(at)
        async with self._connector.session() as session:
            await session.run("delete from first_answers where at < ?", to_micros(at - KEPT))
            made = await session.run(
                "insert into first_answers (key_id, name, digest, owner, at) values (?, ?, ?, ?, ?) "
                "on conflict do nothing",
                key_id, name, digest, owner, now,
            )  # fmt: skip
            if made:
                return "ours"
            rows = await session.rows(
                "select digest, at, answer from first_answers where key_id = ? and name = ?", key_id, name
            )
            if not rows:
                return "running"  # it has just been given up
            known, begun_at, answer = rows[0]
            if known != digest:
                return "other"
            if answer is not None:
                return FirstAnswer(answer)
            taken = await session.run(
                "update first_answers set owner = ?, at = ? where key_id = ? and name = ? and answer is null "
                "and at = ? and at < ?",
                owner, now, key_id, name, begun_at, to_micros(at - ABANDONED),
            )  # fmt: skip
        return "ours" if taken else "running"

    async def keep(self, key_id: str, name: str, owner: str, answer: str) -> None:
        """It is done."""
        async with self._connector.session() as session:
            await session.run(
                "update first_answers set answer = ? where key_id = ? and name = ? and owner = ?",
                answer, key_id, name, owner,
            )  # fmt: skip

    async def give_up(self, key_id: str, name: str, owner: str) -> None:
        """Nothing is claimed: it may be sent again."""
        async with self._connector.session() as session:
            await session.run(
                "delete from first_answers where key_id = ? and name = ? and owner = ? and answer is null",
                key_id, name, owner,
            )  # fmt: skip
