"""`bench/scale.md`: a section for each part, replaced when it is measured again; date, machine, load with each."""

from __future__ import annotations

import asyncio
import logging
import re
import shlex
import signal
import sys
from collections.abc import Coroutine, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench import machine

PAGE: Final = Path(__file__).with_name("scale.md")
_HEAD: Final = "# Scale 规模\n\nEach section is written by its command; the same command measures it again.\n"


class Section:
    """One part's section."""

    def __init__(self, title: str) -> None:
        """To be made before the first measurement: it notes how busy the machine is."""
        self._title = title
        self._load = machine.load()
        self.started = datetime.now(UTC)

    def write(self, body: str, postgres: str) -> None:
        """Puts the section in the place of the older one, and prints it; may be called again as figures come in."""
        command = shlex.join(["python", "-m", f"bench.{Path(sys.argv[0]).stem}", *sys.argv[1:]])
        busy = f"load average {self._load} before, {machine.load()} after"
        described = [f"`{command}` on {self.started:%Y-%m-%d}, {busy}", *machine.describe(postgres)]
        lines = "\n".join(f"- {line}" for line in described)
        section = f"## {self._title}\n\n{lines}\n\n{body.strip()}\n"
        print(section)
        PAGE.write_text(replaced(PAGE.read_text() if PAGE.exists() else _HEAD, self._title, section), encoding="utf-8")


def replaced(page: str, title: str, section: str) -> str:
    """The page with this section in the place of the one of the same title, or at its end."""
    older = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if older.search(page):
        return older.sub(lambda _: f"{section}\n", page).rstrip() + "\n"
    return f"{page.rstrip()}\n\n{section}"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)


def say(line: str) -> None:
    """Progress, on stderr."""
    print(f"{datetime.now(UTC):%H:%M:%S} {line}", file=sys.stderr, flush=True)


def measured(work: Coroutine[Any, Any, None]) -> None:
    """Runs a part; Ctrl-C and SIGTERM end its servers first."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it warns of topics that are still being made
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        sys.exit(130)
