"""The ledger, opened to be read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streams.ledger import Ledger, open_ledger
from streams.settings.model import Settings


@asynccontextmanager
async def reading_ledger(settings: Settings) -> AsyncIterator[Ledger]:
    """The ledger, opened; raises LedgerError when it is older, newer or out of reach."""
    ledger = await open_ledger(settings.database_url.get_secret_value())
    try:
        yield ledger
    finally:
        await ledger.close()
