"""The store, opened: what was typed, which files came, who may come to the desk; keys of programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from streams.ledger.engines.address import sqlite_path
from streams.ledger.engines.port import Connector
from streams.ledger.engines.sqlite import SqliteConnector
from streams.ledger.errors import LedgerError
from streams.ledger.moments import from_micros, to_micros
from streams.store.accounts import Accounts
from streams.store.api_keys import ApiKeys
from streams.store.audit import Audit
from streams.store.bulletin_drafts import BulletinDrafts
from streams.store.first_answers import FirstAnswers
from streams.store.logins import Logins
from streams.store.migrations import migrate
from streams.store.record_changes import RecordChanges
from streams.store.sessions import Sessions

FILE: Final = "pages.db"
SCHEMA: Final = "pages"
_PAGE: Final = 500  # rows

_ACT: Final = "command_id, form, via, ticket_id, asset_id, act, name, phone, typed, at"
_UPLOAD: Final = "ticket_id, sha256, via, name, type, bytes, at"


class PageAct(NamedTuple):
    """Something that somebody has submitted on a page, with what was typed about the person."""

    command_id: str
    form: str  # what was submitted at once
    via: str  # as the command says it: `link:<notice_id>`, `account:<name>`
    ticket_id: str
    asset_id: str
    act: str
    name: str
    phone: str
    typed: str  # everything else, as `links/typed.py` keeps it
    at: datetime  # by the domain's clock


class Upload(NamedTuple):
    """A file that belongs to a ticket."""

    ticket_id: str
    sha256: str
    via: str
    name: str  # as the browser called it, without a path
    type: str  # by its first bytes
    bytes: int
    at: datetime  # by the domain's clock


class Store:
    """The store of every web process of this installation."""

    def __init__(self, connector: Connector) -> None:
        """Comes from `open_store`."""
        self._connector = connector
        self.accounts = Accounts(connector)
        self.sessions = Sessions(connector)
        self.logins = Logins(connector)
        self.audit = Audit(connector)
        self.keys = ApiKeys(connector)
        self.first_answers = FirstAnswers(connector)
        self.record_changes = RecordChanges(connector)
        self.bulletins = BulletinDrafts(connector)

    async def add_acts(self, acts: Sequence[PageAct]) -> None:
        """Keeps who submitted them; the same command a second time changes nothing."""
        async with self._connector.session() as session:
            await session.run_each(
                f"insert into acts ({_ACT}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing",  # noqa: S608
                [(*act[:-1], to_micros(act.at)) for act in acts],
            )

    async def acts_of(self, ticket_id: str) -> list[PageAct]:
        """What was submitted about a ticket, oldest first."""
        async with self._connector.session() as session:
            rows = await session.rows(f"select {_ACT} from acts where ticket_id = ? order by at", ticket_id)  # noqa: S608
        return [PageAct._make((*row[:-1], from_micros(row[-1]))) for row in map(tuple, rows)]

    async def acts_of_form(self, form: str) -> list[PageAct]:
        """What was submitted at once."""
        async with self._connector.session() as session:
            rows = await session.rows(f"select {_ACT} from acts where form = ? order by command_id", form)  # noqa: S608
        return [PageAct._make((*row[:-1], from_micros(row[-1]))) for row in map(tuple, rows)]

    async def add_uploads(self, uploads: Sequence[Upload]) -> None:
        """Keeps the facts of files whose bytes are stored; one that the ticket has already stays as it is."""
        async with self._connector.session() as session:
            await session.run_each(
                f"insert into uploads ({_UPLOAD}) values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing",  # noqa: S608
                [(*one[:-1], to_micros(one.at)) for one in uploads],
            )

    async def uploads_of(self, ticket_id: str) -> list[Upload]:
        """The files of a ticket, oldest first."""
        async with self._connector.session() as session:
            rows = await session.rows(
                f"select {_UPLOAD} from uploads where ticket_id = ? order by at, sha256",  # noqa: S608
                ticket_id,
            )
        return [Upload._make((*row[:-1], from_micros(row[-1]))) for row in map(tuple, rows)]

    async def tickets_after(self, ticket_id: str) -> list[str]:
        """The ids of tickets of which anything is kept, in their order, after this one; a page of them."""
        async with self._connector.session() as session:
            rows = await session.rows(
                "select ticket_id from (select ticket_id from acts where ticket_id > ? "
                "union select ticket_id from uploads where ticket_id > ?) as kept order by ticket_id limit ?",
                ticket_id,
                ticket_id,
                _PAGE,
            )
        return [row[0] for row in rows]

    async def forget(self, ticket_id: str) -> list[str]:
        """Forgets all of a ticket; the hashes of files that no other ticket has."""
        async with self._connector.session() as session:
            await session.run("delete from acts where ticket_id = ?", ticket_id)
            rows = await session.rows(
                "select sha256 from uploads as mine where ticket_id = ? and not exists "
                "(select 1 from uploads as other where other.sha256 = mine.sha256 and other.ticket_id <> ?)",
                ticket_id,
                ticket_id,
            )
            await session.run("delete from uploads where ticket_id = ?", ticket_id)
        return [row[0] for row in rows]

    async def forget_without_ticket(self, before: datetime) -> None:
        """Forgets what was submitted before this moment, and about no ticket."""
        async with self._connector.session() as session:
            await session.run("delete from acts where ticket_id = '' and at < ?", to_micros(before))

    async def answers(self) -> None:
        """Returns if the store can be written; raises LedgerError otherwise."""
        async with self._connector.session() as session:
            await session.rows("select steps from version")

    async def close(self) -> None:
        """Let go of every connection."""
        await self._connector.close()


async def open_store(url: str) -> Store:
    """The store beside the ledger of this URL, made if need be, brought up to date.

    Raises LedgerUnavailable when the database cannot be reached, LedgerError when it cannot be used.
    """
    connector = await _connect(url)
    try:
        await migrate(connector)
    except BaseException:
        await connector.close()
        raise
    return Store(connector)


def store_path(url: str) -> Path | None:
    """The file of the store beside a SQLite ledger; None with PostgreSQL, where it is a schema of the same database."""
    path = sqlite_path(url)
    return None if path is None else path.with_name(FILE)


async def _connect(url: str) -> Connector:
    path = store_path(url)
    if path is None:
        from streams.ledger.engines.postgres import PostgresConnector  # noqa: PLC0415 - and asyncpg with it

        return await PostgresConnector.connect(url, schema=SCHEMA)
    if not path.parent.is_dir():
        msg = f"没有数据目录 · there is no folder {path.parent}: run `rectify db upgrade`"
        raise LedgerError(msg)
    return SqliteConnector(path, make=True)
