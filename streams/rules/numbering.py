"""Numbers of tickets, short enough to be read out over the telephone, and ids of events (rules T-7, T-8).

T-7  A number is made of what was read and not of the clock: the day that the opening message speaks of (observed, or
     for a command said), and twelve digits of its place, topic, partition and offset, with the log's epoch, and of the
     problem's key. Read again after a restore it makes the same number; a log that was adopted makes no old one. What
     no message opens, a count, has the problem's key and its former ticket instead, and the day of what reached the
     line.
T-8  An event's id is made of its type, its ticket and the version of it, and of the place of the message that brings it
     about (of due work: the moment). So the same cause has the same id, and one id never has two texts.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from streams.rules.draft import Draft
    from streams.rules.records import Ticket


class Place(NamedTuple):
    """Where a message stands; `epoch` grows when another log is adopted under the topic's name."""

    topic: str
    partition: int
    offset: int
    epoch: int = 0


def ticket_number(draft: Draft, day: datetime, asset_id: str, key: bytes, former: str | None = None) -> str:
    """`ZG`, the local day, twelve digits: for the ticket that the message at hand, or a count, opens for a problem."""
    if draft.reached_at is None and draft.place_of is not None:
        causes: tuple[object, ...] = (*draft.place_of(draft.index), key.hex())
    else:
        causes = (asset_id, key.hex(), former)
    digest = blake2b("\x1f".join(map(str, causes)).encode(), digest_size=6).hexdigest()
    return f"ZG{draft.local(draft.reached_at or day):%y%m%d}-{digest.upper()}"


def event_id(draft: Draft, kind: str, ticket: Ticket | None, of: str, asset_id: str) -> str:
    """The id of what the message at hand, or due work, brings about; `of` tells several of one message apart (T-8)."""
    if kind == "opened":  # once a ticket; the hot path
        occasion = ""
    elif draft.place_of is None:
        occasion = draft.at.isoformat()
    else:
        occasion = "\x1f".join(map(str, draft.place_of(draft.index)))
    number, version = (ticket.ticket_id, ticket.version) if ticket is not None else (None, None)
    cause = f"{kind}\x1f{number}\x1f{version}\x1f{of}\x1f{asset_id}\x1f{occasion}"
    return blake2b(cause.encode(), digest_size=16).hexdigest()
