"""The versions of the store: a list of steps, each done once, all in one transaction. Written for both dialects."""

from __future__ import annotations

from typing import Final

from streams.ledger.engines.port import Connector
from streams.ledger.errors import LedgerError

STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        # What somebody typed on a page, as it was submitted. Times: microseconds since 1970, by the domain's clock.
        """create table acts (
            command_id text primary key, form text not null, link text not null, ticket_id text not null,
            asset_id text not null, act text not null, name text not null, phone text not null, at bigint not null)""",
        "create index acts_by_ticket on acts (ticket_id, at)",
        "create index acts_by_form on acts (form)",
        # What is known of uploaded files; the bytes lie in a folder, by their hash.
        """create table uploads (
            ticket_id text not null, sha256 text not null, link text not null, name text not null, type text not null,
            bytes bigint not null, at bigint not null, primary key (ticket_id, sha256))""",
        "create index uploads_by_hash on uploads (sha256)",
    ),
    # What was typed beside the person, as JSON, to be read again where nothing answers.
    ("alter table acts add column typed text not null default ''",),
)
"""Never changed once released; a change is another step."""

_LOCK: Final = "select pg_advisory_xact_lock(hashtext('rectify pages'))"


async def migrate(connector: Connector) -> None:
    """Brings the store to this program's version; raises LedgerError when it is newer."""
    async with connector.session() as session:
        if connector.dialect == "postgresql":
            await session.rows(_LOCK)  # several web processes may start at once
            await session.rows("create schema if not exists pages")
        await session.rows("create table if not exists version (steps bigint not null)")
        rows = await session.rows("select steps from version")
        done = int(rows[0][0]) if rows else 0
        if done > len(STEPS):
            msg = "页面数据较新，请安装新版本 · the pages' store is newer than this program: install a newer release"
            raise LedgerError(msg)
        for step in STEPS[done:]:
            for statement in step:
                await session.rows(statement)
        if not rows:
            await session.run("insert into version (steps) values (?)", len(STEPS))
        elif done < len(STEPS):
            await session.run("update version set steps = ?", len(STEPS))
