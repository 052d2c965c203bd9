"""The pages' store, opened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streams.settings.model import Settings
from streams.store.store import Store, open_store


@asynccontextmanager
async def pages_store(settings: Settings) -> AsyncIterator[Store]:
    """The store beside the ledger of the settings, brought up to date; raises LedgerError."""
    store = await open_store(settings.database_url.get_secret_value())
    try:
        yield store
    finally:
        await store.close()
