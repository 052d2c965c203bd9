"""What can be searched of tickets, in the store: their texts, an index of them, and how far the topic was read.

W-46  Texts are searched in an index of the pages' own, which one web process fills from `rectify.tickets`; how far it
      has read stands beside what it has indexed, in one transaction, so that a crash repeats and loses nothing. It
      only names tickets: which of them somebody sees, the ledger's query says (W-10). It can be thrown away, and is
      then filled from the topic's beginning.

On SQLite the index is one of FTS5, without texts of its own; on PostgreSQL one of arrays. Both have pieces of texts
(grams.py), and whatever they find is compared with the text, unless the word is a piece itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from streams.ledger.engines.port import Connector, Dialect, Session
from streams.ledger.moments import from_micros, to_micros
from streams.rules.state.text import to_json
from streams.store.grams import grams_of, grams_wanted, is_one

TURN: Final = timedelta(seconds=30)
"""For so long a web process is left alone with the filling; whoever does it takes its turn anew every few seconds."""
_AMONG: Final[Mapping[Dialect, str]] = {
    "sqlite": "in (select value from json_each(?))", "postgresql": "= any(?::{kind}[])"
}  # fmt: skip
_FIND: Final[Mapping[Dialect, str]] = {
    "sqlite": "select t.pk from search_grams join search_texts as t on t.pk = search_grams.rowid "
    "where search_grams match ?",
    "postgresql": "select pk from search_texts as t where grams @> $1::bigint[]",
}
_HOLDS: Final[Mapping[Dialect, str]] = {
    "sqlite": " and instr(t.text, ?) > 0", "postgresql": " and strpos(t.text, $2) > 0"
}  # fmt: skip
_INSERT: Final[Mapping[Dialect, str]] = {
    "sqlite": "insert into search_texts (pk, ticket_id, personal, text) values (?, ?, ?, ?)",
    "postgresql": "insert into search_texts (pk, ticket_id, personal, text, grams) values (?, ?, ?, ?, ?)",
}
_PAGE: Final = 500


class SearchText(NamedTuple):
    """What can be searched of a ticket."""

    pk: int  # the ticket's row number in the ledger
    ticket_id: str
    personal: bool  # some of it is what citizens wrote (O-1)
    text: str  # folded


class TopicPlace(NamedTuple):
    """How far a partition was read: everything before this offset, of the log of this id (empty: it has none)."""

    log_id: str
    next_offset: int


class Search:
    """A part of `Store`. Times are real ones."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def find(self, word: str, most: int, within: float) -> list[int]:
        """Row numbers of tickets with a folded word of at least SHORTEST characters, at most `most`; raises TooSlow."""
        dialect, grams = self._connector.dialect, grams_wanted(word)
        sql = _FIND[dialect]
        args: list[object] = [grams if dialect == "postgresql" else _tokens(grams, quoted=True)]
        if not is_one(word):
            sql += _HOLDS[dialect]
            args.append(word)
        rows = await self._connector.read(f"{sql} limit {most}", args, within)
        return [row[0] for row in rows]

    async def caught_up_at(self) -> datetime | None:
        """When last nothing was left to be indexed; None: never yet."""
        rows = await self._connector.read("select caught_up_at from search_filling", ())
        return None if not rows or rows[0][0] is None else from_micros(rows[0][0])

    async def take_turn(self, owner: str, now: datetime) -> bool:
        """Whether it is this process that fills now; a new one has waited for TURN."""
        async with self._connector.session() as session:
            taken = await session.run(
                "insert into search_filling (one, owner, until) values (1, ?, ?) on conflict (one) do update "
                "set owner = excluded.owner, until = excluded.until "
                "where search_filling.owner = excluded.owner or search_filling.until < ?",
                owner, to_micros(now + TURN), to_micros(now),
            )  # fmt: skip
        return taken == 1

    async def leave(self, owner: str) -> None:
        """Another may take its turn at once."""
        async with self._connector.session() as session:
            await session.run("update search_filling set until = 0 where owner = ?", owner)

    async def reached(self) -> dict[int, TopicPlace]:
        """How far each partition was read."""
        async with self._connector.session() as session:
            rows = await session.rows("select partition_number, log_id, next_offset from search_progress")
        return {row[0]: TopicPlace(row[1], row[2]) for row in rows}

    async def fill(
        self, owner: str, places: Mapping[int, TopicPlace], texts: Sequence[SearchText], gone: Collection[str]
    ) -> bool:
        """Indexes these, forgets what is `gone`, and moves on; False, and nothing is done: it is not our turn."""
        async with self._connector.session() as session:
            if await session.run("update search_filling set until = until where owner = ?", owner) != 1:
                return False
            await _forget(session, [*gone, *(one.ticket_id for one in texts)], [one.pk for one in texts])
            await _add(session, texts)
            await session.run_each(
                "insert into search_progress (partition_number, log_id, next_offset) values (?, ?, ?) "
                "on conflict (partition_number) do update "
                "set log_id = excluded.log_id, next_offset = excluded.next_offset",
                [(partition, *place) for partition, place in places.items()],
            )
        return True

    async def catch_up(self, owner: str, at: datetime) -> None:
        """Nothing was left at this moment."""
        async with self._connector.session() as session:
            await session.run("update search_filling set caught_up_at = ? where owner = ?", to_micros(at), owner)

    async def clear(self) -> None:
        """Forgets everything: whoever takes the next turn begins with the topic."""
        async with self._connector.session() as session:
            await session.run("update search_filling set owner = '', until = 0, caught_up_at = null")
            if session.dialect == "sqlite":
                await session.run("insert into search_grams (search_grams) values ('delete-all')")
            await session.run("delete from search_texts")
            await session.run("delete from search_progress")

    async def personal_after(self, pk: int) -> list[tuple[int, str]]:
        """Row numbers and ids of tickets of which personal texts are kept, after this one; a page of them."""
        query = "select pk, ticket_id from search_texts where personal = 1 and pk > ? order by pk limit ?"
        async with self._connector.session() as session:
            return [(row[0], row[1]) for row in await session.rows(query, pk, _PAGE)]

    async def replace(self, texts: Sequence[SearchText], gone: Collection[str]) -> None:
        """Instead of what there was of these tickets; what is `gone` is forgotten."""
        async with self._connector.session() as session:
            await _forget(session, [*gone, *(one.ticket_id for one in texts)], [one.pk for one in texts])
            await _add(session, texts)


async def _forget(session: Session, ticket_ids: Sequence[str], pks: Sequence[int]) -> None:
    """By number or row number: a ledger from a backup may have given a row number anew."""
    ids, numbers = _array(session, ticket_ids, "text"), _array(session, pks, "bigint")
    where = f"ticket_id {ids[0]} or pk {numbers[0]}"
    if session.dialect == "sqlite":  # its index has no texts: it is told which pieces it is to forget
        rows = await session.rows(f"select pk, text from search_texts where {where}", ids[1], numbers[1])  # noqa: S608
        await session.run_each(
            "insert into search_grams (search_grams, rowid, grams) values ('delete', ?, ?)",
            [(row[0], _tokens(grams_of(row[1]))) for row in rows],
        )
    await session.run(f"delete from search_texts where {where}", ids[1], numbers[1])  # noqa: S608


async def _add(session: Session, texts: Sequence[SearchText]) -> None:
    rows: list[tuple[object, ...]] = [(one.pk, one.ticket_id, int(one.personal), one.text) for one in texts]
    grams = [grams_of(one.text) for one in texts]
    if session.dialect == "postgresql":
        rows = [(*row, some) for row, some in zip(rows, grams, strict=True)]
    await session.run_each(_INSERT[session.dialect], rows)
    if session.dialect == "sqlite":
        await session.run_each(
            "insert into search_grams (rowid, grams) values (?, ?)",
            [(one.pk, _tokens(some)) for one, some in zip(texts, grams, strict=True)],
        )


def _array(session: Session, values: Sequence[object], kind: str) -> tuple[str, object]:
    """The condition of being among these, and its parameter."""
    if session.dialect == "postgresql":
        return _AMONG["postgresql"].format(kind=kind), list(values)
    return _AMONG["sqlite"], to_json(values)


def _tokens(grams: Sequence[int], *, quoted: bool = False) -> str:
    """Pieces as words of FTS5, whose tokenizer takes letters and digits for one."""
    return " ".join(f'"{one:x}"' if quoted else f"{one:x}" for one in grams)
