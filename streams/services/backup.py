"""A backup of a SQLite installation: the ledger, what the pages keep beside it, and uploaded files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

from streams.files.uploads.shelf import Shelf, ShelfCopy
from streams.ledger.errors import CopyError
from streams.ledger.upkeep.backup import back_up, copy_file, refuse_existing
from streams.settings.model import Settings
from streams.store.store import store_path


class Copied(NamedTuple):
    """A file of the backup."""

    file: Path
    bytes: int


def pages_copy(target: Path) -> Path:
    """Where the copy of the pages' store goes: `ledger.db` and `ledger.pages.db`."""
    return target.with_name(f"{target.stem}.pages{target.suffix}")


class Backup(NamedTuple):
    """What was copied."""

    databases: list[Copied]
    uploads: ShelfCopy
    uploads_folder: Path


def uploads_copy(target: Path) -> Path:
    """Where copies of uploaded files go: one folder for all backups there, as files are named by their hash."""
    return target.with_name("files")


async def back_up_all(settings: Settings, target: Path) -> Backup:
    """Copies the ledger to `target`, then the pages' store beside it, if there is one, then uploaded files.

    In this order, so that every file that a copied ticket names is known in the copied store, and is in the folder.
    Raises as `back_up` does; nothing is copied when one of the two is there already.
    """
    url = settings.database_url.get_secret_value()
    store = store_path(url)
    with_store = store is not None and store.exists()
    if with_store:
        refuse_existing(pages_copy(target))
    copied = [Copied(target, await back_up(url, target))]
    if store is not None and with_store:
        copied.append(Copied(pages_copy(target), await copy_file(store, pages_copy(target))))
    folder = uploads_copy(target)
    try:
        uploads = await asyncio.to_thread(Shelf(settings.files_dir).copy_missing, Shelf(folder))
    except OSError as error:
        msg = f"数据库已备份，附件没有 · the databases were copied, uploaded files not, to {folder}: {error.strerror}"
        raise CopyError(msg) from error
    return Backup(copied, uploads, folder)
