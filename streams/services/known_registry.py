"""The registry, kept at hand by a process that lives on: read again only when it has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from schemas.registry import GuardedPeriod
from streams.ledger import Ledger
from streams.ledger.reading.queries import registry_documents
from streams.ledger.reading.registry import readable, registry_version
from streams.rules.state.snapshot import Registry
from streams.services.calendar import day_names, working_calendar
from streams.services.registry import units_of


class KnownRegistry:
    """Units, calendar and guarded periods, and what days off are called."""

    def __init__(self, ledger: Ledger, zone: ZoneInfo) -> None:
        self._ledger = ledger
        self._zone = zone
        self._known: Registry | None = None
        self._day_names: Mapping[date, str] = {}
        self._reading = asyncio.Lock()

    async def __call__(self) -> Registry:
        """As it stands now; raises LedgerUnavailable."""
        async with self._reading:
            version = await registry_version(self._ledger)
            if self._known is None or self._known.version != version:
                self._known = await self._read(version)
                self._day_names = await day_names(self._ledger)
            return self._known

    @property
    def day_names(self) -> Mapping[date, str]:
        """What days are off for, or make up for, as of the latest look."""
        return self._day_names

    async def _read(self, version: int) -> Registry:
        """What this release cannot read is as good as not there (O-14): one record stops no page."""
        guarded, _ = readable(await registry_documents(self._ledger, "guarded"), GuardedPeriod.model_validate_json)
        return Registry(
            await units_of(self._ledger), await working_calendar(self._ledger), guarded, self._zone, version
        )
