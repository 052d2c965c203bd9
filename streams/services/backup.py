"""A backup of a SQLite installation: the ledger, and what the pages keep beside it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

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


async def back_up_all(settings: Settings, target: Path) -> list[Copied]:
    """Copies the ledger to `target`, then the pages' store beside it, if there is one.

    In this order, so that every file that a copied ticket names is known in the copied store. Raises as `back_up` does;
    nothing is copied when one of the two is there already.
    """
    url = settings.database_url.get_secret_value()
    store = store_path(url)
    with_store = store is not None and store.exists()
    if with_store:
        refuse_existing(pages_copy(target))
    copied = [Copied(target, await back_up(url, target))]
    if store is not None and with_store:
        copied.append(Copied(pages_copy(target), await copy_file(store, pages_copy(target))))
    return copied
