"""The wall clock of a worker's machine, which can be put forward and back while the worker runs."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final

from streams.clock import Clock, parse_clock, system_time
from streams.settings.model import Settings
from streams.worker.logs import configure
from streams.worker.process import run_worker
from streams.worker.worker import StartError

REFUSED: Final = 1  # exit code, as `rectify worker` has it


class WallClock:
    """What a machine's clock shows; its monotonic clock goes its way, as on every machine."""

    def __init__(self, file: Path) -> None:
        """Begin with the real time; the file tells it to the worker."""
        self._file = file
        self.put(0.0)

    @property
    def program(self) -> tuple[str, ...]:
        """What to start in place of `rectify`: the same worker, by this clock."""
        return sys.executable, "-m", __name__, str(self._file)

    def put(self, seconds: float) -> None:
        """So far ahead of the real time, or behind it."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:.1f}")
        new.replace(self._file)


async def _work(file: Path) -> None:
    settings = Settings.load()
    configure(fmt=settings.log_format, level=settings.log_level)
    domain = parse_clock(settings.clock).acceleration
    clock = Clock(domain, real=lambda: system_time() + timedelta(seconds=float(file.read_text())))
    await run_worker(settings, clock)


if __name__ == "__main__":
    try:
        asyncio.run(_work(Path(sys.argv[1])))
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(REFUSED)
