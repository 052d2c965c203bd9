"""A command's clock, its login, and how it runs. services/ opens brokers and ledger."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from getpass import getuser
from typing import TYPE_CHECKING, Any, TypeVar

from streams.clock import parse_clock
from streams.discretion import DiscreetFormatter
from streams.settings.model import Settings

if TYPE_CHECKING:
    from streams.ledger import Ledger

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end. Libraries stay silent: the command says what went wrong, once."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(DiscreetFormatter())
    structlog = sys.modules.get("structlog")
    if structlog is not None:  # otherwise nothing is there that would log, and it takes long to load
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )
    return asyncio.run(work)


def reading(settings: Settings, ask: Callable[[Ledger], Awaitable[T]]) -> T:
    """What `ask` returns, asked of the ledger; raises LedgerError when it is older, newer or out of reach."""
    from streams.services.ledgers import reading_ledger  # and SQLAlchemy with it

    async def work() -> T:
        async with reading_ledger(settings) as ledger:
            return await ask(ledger)

    return run(work())


def domain_now(settings: Settings) -> datetime:
    """What the one clock shows, in the unit's zone."""
    return parse_clock(settings.clock).now().at.astimezone(settings.zone)


def login() -> str:
    """The user's login, recorded as the one who acts."""
    try:
        return getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"
