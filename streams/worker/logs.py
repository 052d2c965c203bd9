"""Logs: one JSON line per event on stderr, with a stable event name and what it is about.

Library logs (aiokafka, faust, asyncpg ...) go the same way from WARNING on, the same warning at most once a minute.
Addresses are masked and passwords hidden on the last step before the line is written.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Callable
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from notifiers.text import harmless
from streams.discretion import HIDDEN, hide
from streams.kafka import quiet

REPEAT_SECONDS: Final = 60.0
_REMEMBERED: Final = 1_000  # different warnings
_OWN: Final = ("streams", "notifiers", "schemas")
_FAUST: Final = (
    "streams.kafka.consuming.faust_app",
    "streams.kafka.consuming.fetches",
    "streams.kafka.consuming.fetch_thread",
)
_SECRET: Final = re.compile(r"pass(word|wd)?$|secret|token|credential|authorization", re.IGNORECASE)
_EMAIL: Final = re.compile(r"\b([A-Za-z0-9])[A-Za-z0-9._%+-]*@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
_PHONE: Final = re.compile(r"(?<![0-9A-Za-z])((?:\+?86)?1[3-9][0-9])[0-9]{4}([0-9]{4})(?![0-9A-Za-z])")


def configure(*, fmt: str = "json", level: str = "INFO", stream: TextIO | None = None) -> None:
    """Sets logging up for the process. `fmt`: `json`, `console` (for terminals), or `auto` to ask the stream."""
    out = stream or sys.stderr
    console = fmt == "console" or (fmt == "auto" and out.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        discreet,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    rendering: list[Processor] = (
        [_for_a_terminal, structlog.dev.ConsoleRenderer()] if console else [structlog.processors.JSONRenderer(_dumps)]
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    handler.addFilter(OnceAMinute())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OWN:
        logging.getLogger(name).setLevel(level)
    for name in _FAUST:  # Faust says there what it starts and stops
        logging.getLogger(name).setLevel(logging.WARNING)
    quiet.install()
    logging.captureWarnings(capture=True)


def _for_a_terminal(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """What producers and providers write is not obeyed; JSON escapes it by itself."""
    return {name: harmless(value) if isinstance(value, str) else value for name, value in entry.items()}


class OnceAMinute(logging.Filter):
    """Lets a library's warning through once a minute; the next one says how many were left out. Ours always pass."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write it."""
        if record.name.partition(".")[0] in _OWN:
            return True
        key = (record.name, record.levelno, str(record.msg))
        now = self._clock()
        last, left_out = self._seen.get(key, (-REPEAT_SECONDS, 0))
        if now - last < REPEAT_SECONDS:
            self._seen[key] = (last, left_out + 1)
            return False
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen[key] = (now, 0)
        if left_out:
            record.msg, record.args = f"{record.getMessage()} (and {left_out} more like it)", ()
        return True


def discreet(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hides secrets and masks addresses, also inside texts and tracebacks."""
    return {name: HIDDEN if _SECRET.search(name) and value else _masked(value) for name, value in event.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _PHONE.sub(r"\1****\2", _EMAIL.sub(r"\1***@\2", hide(value)))
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return value


def _dumps(event: Any, default: Callable[[Any], Any] | None = None, **_: Any) -> str:
    return orjson.dumps(event, default=default or str, option=orjson.OPT_NON_STR_KEYS).decode()
