"""Numbers of tickets: short enough to be read out over the telephone, and the same for the same cause (rule T-7).

T-7  A number is made of what was read and not of the clock: the day that the opening message speaks of (observed, or
     for a command said), and twelve digits of its place, topic, partition and offset, with the log's epoch, and of the
     problem's key. Read again after a restore it makes the same number; a log that was adopted makes no old one. What
     no message opens, a count, has the problem's key and its former ticket instead, and the day of what reached the
     line.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from streams.rules.draft import Draft


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
