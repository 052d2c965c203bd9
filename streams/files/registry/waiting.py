"""Registry files that wait to be published once they have been looked at: in a folder of all web processes."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from streams.files.uploads.shelf import Incoming

KEPT: Final = timedelta(hours=1)
"""For so long a file waits; it has the addresses of people."""
ENDINGS: Final = (".xlsx", ".csv", ".yaml", ".yml")


def mark(path: Path, at: datetime) -> None:
    """From this moment (real time) on it waits anew."""
    os.utime(path, (at.timestamp(), at.timestamp()))


def marked(path: Path) -> datetime:
    """Since when it waits."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


class WaitingFiles:
    """The folder; a file is found again by its hash, by whoever handed it over alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, incoming: Incoming, account: str, ending: str, at: datetime) -> Path:
        """Keeps a file that has come; `at`: real time."""
        incoming.finish()
        self.folder.mkdir(parents=True, exist_ok=True)
        place = self._place(account, incoming.sha256, ending)
        incoming.path.chmod(0o600)
        incoming.path.replace(place)
        mark(place, at)
        return place

    def find(self, account: str, digest: str, ending: str) -> Path | None:
        """A file that was kept."""
        if ending not in ENDINGS:
            return None
        place = self._place(account, digest, ending)
        return place if place.is_file() else None

    def forget(self, at: datetime) -> None:
        """Those that have waited too long; `at`: real time."""
        before = (at - KEPT).timestamp()
        if not self.folder.is_dir():
            return
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def _place(self, account: str, digest: str, ending: str) -> Path:
        return self.folder / f"{sha256(f'{account}:{digest}'.encode()).hexdigest()}{ending}"
