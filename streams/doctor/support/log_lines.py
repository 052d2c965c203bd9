"""The last lines of a worker's log, as far as they can be about nobody: names of events, numbers, stable words."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import orjson

from streams.log_events import LogEvent

_EVENTS: Final = frozenset(get_args(LogEvent))
_WORDS: Final = frozenset(  # whose values are names of machinery
    {
        "timestamp",
        "level",
        "logger",
        "topic",
        "topics",
        "code",
        "rung",
        "channel",
        "state",
        "database",
        "policy",
        "group",
    }
)
_FRAME: Final = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')
_RAISED: Final = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Timeout|Refused|Unavailable|Conflict))\b")


def last_lines(file: Path, number: int) -> Iterator[str]:
    """One JSON document a line; a line that is none counts, and is left out. Raises OSError."""
    with file.open(encoding="utf-8", errors="replace") as opened:
        last = deque(opened, maxlen=number)
    for line in last:
        try:
            found = orjson.loads(line[line.index("{") :])  # journalctl puts the date before it
        except ValueError:
            continue
        if isinstance(found, dict):
            yield orjson.dumps(_kept(found)).decode()


def _kept(line: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in line.items() if isinstance(value, int | float) or name in _WORDS}
    event = line.get("event")
    kept["event"] = event if event in _EVENTS else "(a library's words)"
    if isinstance(line.get("exception"), str):
        kept["exception"] = list(_places(line["exception"]))
    return kept


def _places(traceback: str) -> Iterator[str]:
    """Where it was raised and what; not what was said, for that may be somebody's words."""
    for line in traceback.splitlines():
        if frame := _FRAME.search(line):
            path, number, name = frame.groups()
            yield f"{'/'.join(Path(path).parts[-4:])}:{number} {name}"
        elif raised := _RAISED.match(line.strip()):
            yield raised[1]
