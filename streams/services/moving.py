"""Moving an installation from SQLite to PostgreSQL: the ledger, what the pages keep, and the keys beside them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final, NamedTuple

from streams.ledger.engines.address import sqlite_path
from streams.ledger.errors import LedgerError
from streams.ledger.moving.move import Moved, Source, Watcher, move
from streams.services.failure import Failure
from streams.settings.model import Settings
from streams.store.store import SCHEMA, open_store, store_path

_KEYS: Final = ("web-links.key", "web-desk.key")


class Arrived(NamedTuple):
    """What has been moved, and what has not."""

    tables: list[Moved]
    keys: list[Path]  # copied to where a worker on PostgreSQL looks for them
    files: Path  # uploaded files stay where they are


async def move_installation(settings: Settings, target_url: str, watcher: Watcher) -> Arrived:
    """Moves all that the settings' database holds; raises as `move`, Failure where there is nothing to move."""
    url = settings.database_url.get_secret_value()
    ledger, store = sqlite_path(url), store_path(url)
    if ledger is None or store is None:
        msg = "RECTIFY_DATABASE_URL 已是 PostgreSQL · the ledger is on PostgreSQL already: only a SQLite one is moved"
        raise Failure(msg)
    if sqlite_path(target_url) is not None:
        msg = "只能搬到 PostgreSQL · a ledger moves to PostgreSQL: postgresql://user:password@host/name"
        raise Failure(msg)
    sources = [Source(ledger)]
    if store.exists():
        for place in (url, target_url):  # both of this program's version
            await (await open_store(place)).close()
        sources.append(Source(store, SCHEMA))
    tables = await move(sources, target_url, watcher)
    return Arrived(tables, _keys_follow(settings), settings.files_dir)


def _keys_follow(settings: Settings) -> list[Path]:
    """Keys that stand beside SQLite's file are looked for in the data folder from now on; one that is there stays."""
    copied = []
    for name in _KEYS:
        here, there = settings.ledger_folder / name, settings.data_dir / name
        if here.exists() and not there.exists():
            try:
                settings.data_dir.mkdir(parents=True, exist_ok=True)
                shutil.copy2(here, there)
            except OSError as error:
                msg = f"数据已搬完，请自行复制密钥 · all is moved; copy the key {here} to {there}: {error.strerror}"
                raise LedgerError(msg) from error
            copied.append(there)
    return copied
