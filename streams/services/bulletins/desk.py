"""Bulletins for the pages: counted in a thread with a ledger of its own, so that nobody else waits for a nation's.

Figures as of a moment that is over never move (S-5): once what was decided by then is surely recorded, the last few are
kept as they were counted.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson

from schemas.policy import Policy
from streams.kafka.gathered_publishing import GatheredPublishing
from streams.ledger import Ledger, open_ledger
from streams.rules.scoring.behind import WhichNumber
from streams.services.bulletins.behind import RowsPage, rows_of
from streams.services.bulletins.figures import WantedFigures, figures
from streams.services.bulletins.issuing import Frame, Sealed, issue
from streams.settings.model import Settings

KEPT: Final = 3  # documents
RECORDED_WITHIN: Final = timedelta(minutes=1)
_FOLDER: Final = "bulletins"

T = TypeVar("T")


class BulletinDesk:
    """Counts one thing at a time; issues, and publishes what was issued."""

    def __init__(self, settings: Settings, policy: Policy, publishing: GatheredPublishing, topic: str) -> None:
        self._url = settings.database_url.get_secret_value()
        self._zone = settings.zone
        self._limit = settings.max_message_bytes
        self._policy = policy
        self._publishing = publishing
        self._topic = topic
        self._one = asyncio.Lock()
        self._kept: OrderedDict[bytes, dict[str, Any]] = OrderedDict()
        self.folder: Path = settings.files_dir / _FOLDER
        """Where lists lie that are too long for a message, by the names of their files."""

    async def figures(self, wanted: WantedFigures, now: datetime) -> dict[str, Any]:
        """The figures, with the fields by hand. Raises Failure."""
        asked = (wanted.begin, wanted.end, wanted.as_of, wanted.area, wanted.unit_only, wanted.typed.get("bonus"))
        key = orjson.dumps(asked)
        found = self._kept.get(key)
        if found is None:
            found = await self._counted(lambda ledger: figures(ledger, wanted, self._policy, self._zone))
            if wanted.period(self._zone).as_of < now - RECORDED_WITHIN:
                self._kept[key] = found
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return {**found, "typed": dict(wanted.typed)}

    async def rows(self, wanted: WantedFigures, which: WhichNumber, places: range) -> RowsPage | None:
        """The rows behind a number; None: there is no such number. Raises Failure."""
        return await self._counted(lambda ledger: rows_of(ledger, wanted, which, places, self._policy, self._zone))

    async def issue(self, given: Mapping[str, Any], frame: Frame, now: datetime) -> Sealed:
        """Computes again, and seals. Raises Failure as `issue` does."""
        return await self._counted(
            lambda ledger: issue(ledger, given, frame, self._policy, now, self._zone, self._limit)
        )

    async def publish(self, sender: str, made: Sealed) -> None:
        """Returns once the brokers have it; its files are written first.

        Raises NotAcknowledged: the brokers have not taken it, and published again it is the same. OSError.
        """
        await asyncio.to_thread(self._write, made.files)
        await self._publishing.publish(sender, [made.message(self._topic)])

    def _write(self, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            self.folder.mkdir(parents=True, exist_ok=True)
            part = self.folder / f"{name}.part"
            part.write_bytes(content)
            part.replace(self.folder / name)  # the same bytes a second time are the same file

    async def _counted(self, work: Callable[[Ledger], Awaitable[T]]) -> T:
        async def counting() -> T:
            ledger = await open_ledger(self._url, read_only=True)
            try:
                return await work(ledger)
            finally:
                await ledger.close()

        async with self._one:
            return await asyncio.to_thread(lambda: asyncio.run(counting()))
