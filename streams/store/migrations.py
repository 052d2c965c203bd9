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
    (
        # The desk acts, too: what was a link is now what a command says.
        "alter table acts rename column link to via",
        "update acts set via = 'link:' || via",
        "alter table uploads rename column link to via",
        "update uploads set via = 'link:' || via",
        # Who may come to the desk, who is there, and what everybody has done. Times here are real ones.
        """create table accounts (
            name text primary key, role text not null, unit_id text not null, password text not null,
            made_at bigint not null, disabled_at bigint)""",
        """create table login_links (
            digest text primary key, account text not null, kind text not null, ends_at bigint not null)""",
        "create table login_failures (name text primary key, times bigint not null, at bigint not null)",
        """create table sessions (
            digest text primary key, account text not null, began_at bigint not null, seen_at bigint not null,
            address text not null, agent text not null)""",
        "create index sessions_by_account on sessions (account)",
        """create table audit (
            entry_id text primary key, at bigint not null, account text not null, kind text not null,
            about text not null, result text not null, address text not null)""",
        "create index audit_by_time on audit (at, entry_id)",
    ),
    (
        # Keys of programs. Times: the wall clock.
        """create table api_keys (
            key_id text primary key, name text not null, digest text not null, scopes text not null,
            sources text not null, unit_id text, role text, made_by text not null, made_at bigint not null,
            used_at bigint, revoked_at bigint)""",
        # What was answered to whoever named a request (`Idempotency-Key`); without an answer: under way.
        """create table first_answers (
            key_id text not null, name text not null, digest text not null, owner text not null, at bigint not null,
            answer text, primary key (key_id, name))""",
        "create index first_answers_by_age on first_answers (at)",
    ),
    (
        # The second factor of an account: the secret of its codes, empty without one, and the last step that was used.
        "alter table accounts add column factor text not null default ''",
        "alter table accounts add column factor_step bigint not null default 0",
    ),
    # What was typed beside the person, as JSON, to be read again where nothing answers.
    ("alter table acts add column typed text not null default ''",),
    (
        # The latest change of each registry record that was submitted on a page: what it was made of, what it made.
        """create table record_changes (
            key text primary key, form text not null, base text not null, made text not null, account text not null,
            at bigint not null)""",
        "create index record_changes_by_form on record_changes (form)",
    ),
    (
        # Fields of a bulletin typed by hand, by period and area; numbers that were just issued.
        """create table bulletin_drafts (
            first_day text not null, last_day text not null, area text not null, fields text not null,
            account text not null, at bigint not null, primary key (first_day, last_day, area))""",
        """create table bulletin_numbers (
            number text primary key, bulletin_id text not null, form text not null, account text not null,
            at bigint not null)""",
        "create index bulletin_numbers_by_form on bulletin_numbers (form)",
    ),
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
