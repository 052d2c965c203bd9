"""Numbers of tickets: short enough to be read out over the telephone, and the same for the same cause."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from streams.rules.records import Problem


def ticket_id(asset_id: str, problem: Problem, at: datetime, day: str, former: str | None = None) -> str:
    """A number that people can read out: `ZG`, the day, twelve digits; the same cause gives the same number.

    `former`: the ticket that had the problem before; one backlog may tell of both at one moment (C-6).
    """
    cause = b"%s\x1f%s\x1f%d" % (asset_id.encode(), problem.key, at.timestamp() * 1_000_000)
    if former is not None:
        cause += b"\x1f%s" % former.encode()
    return _number(day, cause)


def ticket_number(day: str, *cause: str) -> str:
    """A number for a ticket that no finding opens, from what brings it about."""
    return _number(day, "\x1f".join(cause).encode())


def _number(day: str, cause: bytes) -> str:
    return f"ZG{day}-{blake2b(cause, digest_size=6).hexdigest().upper()}"
