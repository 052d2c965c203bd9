"""The pages' store, opened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streams.clock import system_time
from streams.services.ticket_words import TextIndex
from streams.settings.model import Settings
from streams.store.store import Store, open_store, store_path


@asynccontextmanager
async def pages_store(settings: Settings) -> AsyncIterator[Store]:
    """The store beside the ledger of the settings, brought up to date; raises LedgerError."""
    store = await open_store(settings.database_url.get_secret_value())
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def text_index(settings: Settings) -> AsyncIterator[TextIndex | None]:
    """What can be searched of texts; None beside a SQLite ledger that no pages have been opened of."""
    path = store_path(settings.database_url.get_secret_value())
    if path is not None and not path.exists():
        yield None
        return
    async with pages_store(settings) as store:
        yield TextIndex(store.search, system_time())
