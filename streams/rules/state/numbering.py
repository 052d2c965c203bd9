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

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from streams.rules.state.records import Ticket


_QUARTER: Final = 900  # seconds


class LogPlace(NamedTuple):
    """Where a message stands; `epoch` grows when another log is adopted under the topic's name."""

    topic: str
    partition: int
    offset: int
    epoch: int = 0


class Deciding(Protocol):
    """From what numbers and ids are made: the message at hand, or the moment of due work."""

    at: datetime
    zone: ZoneInfo
    place_of: Callable[[int], LogPlace] | None
    index: int
    reached_at: datetime | None


def ticket_number(changes: Deciding, day: datetime, asset_id: str, key: bytes, former: str | None = None) -> str:
    """`ZG`, the local day, twelve digits: for the ticket that the message at hand, or a count, opens for a problem."""
    if changes.reached_at is None and changes.place_of is not None:
        cause = b"%s\x1f%s" % (_told(changes.place_of(changes.index)).encode(), key)
    else:
        cause = b"%s\x1f%s\x1f%s" % (asset_id.encode(), key, (former or "").encode())
    quarter = int((changes.reached_at or day).timestamp()) // _QUARTER
    return f"ZG{_day(quarter, changes.zone)}-{blake2b(cause, digest_size=6).hexdigest().upper()}"


@lru_cache(1_024)
def _day(quarter: int, zone: ZoneInfo) -> str:
    """The local day of a quarter of an hour since 1970; no zone's midnight is within one."""
    return f"{datetime.fromtimestamp(quarter * _QUARTER, zone):%y%m%d}"


def _told(place: LogPlace) -> str:
    topic, partition, offset, epoch = place
    return f"{topic}\x1f{partition}\x1f{offset}\x1f{epoch}"


def opened_by(ticket_id: str, place: LogPlace, key: bytes) -> bool:
    """Whether the message at this place has opened the ticket, for a problem of this identity (T-7)."""
    digits = blake2b(b"%s\x1f%s" % (_told(place).encode(), key), digest_size=6).hexdigest().upper()
    return ticket_id.endswith(f"-{digits}")


def brought_about(event: Mapping[str, Any], place: LogPlace, dedup_keys: Iterable[str]) -> bool:
    """Whether the message at this place has brought an event about, as `event_id` makes ids (T-8).

    `dedup_keys`: what may tell it apart from others of its type. An opening is nobody's: see `opened_by`.
    """
    named = "\x1f".join(str(event.get(name)) for name in ("type", "ticket_id", "ticket_version"))
    ends = f"{event.get('asset_id')}\x1f{_told(place)}"
    causes = (f"{named}\x1f{dedup_key}\x1f{ends}" for dedup_key in ("", *dedup_keys))
    return any(blake2b(cause.encode(), digest_size=16).hexdigest() == event.get("id") for cause in causes)


def event_id(changes: Deciding, kind: str, ticket: Ticket | None, dedup_key: str, asset_id: str) -> str:
    """The id of what the message at hand, or due work, brings about; `dedup_key` tells several of these apart (T-8)."""
    if kind == "opened":  # once a ticket; the hot path
        occasion = ""
    elif changes.place_of is None:
        occasion = changes.at.isoformat()
    else:
        occasion = _told(changes.place_of(changes.index))
    number, version = (ticket.ticket_id, ticket.version) if ticket is not None else (None, None)
    cause = f"{kind}\x1f{number}\x1f{version}\x1f{dedup_key}\x1f{asset_id}\x1f{occasion}"
    return blake2b(cause.encode(), digest_size=16).hexdigest()
