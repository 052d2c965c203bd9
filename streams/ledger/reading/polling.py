"""Looks: is there anything to do? One statement outside of any transaction, for those who ask many times a second.

Most of what a quiet worker does is looking. A look locks nothing and writes nothing; what it finds is picked again, in
a transaction and under its locks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from streams.ledger.batch.recount import LANES_LEFT
from streams.ledger.ledger import Ledger
from streams.ledger.moments import to_micros

_DUE: Final = (
    "select coalesce((select cast(value as bigint) from meta where key = 'registry_version'), 0), "  # noqa: S608
    "exists (select 1 from runs where settle_at <= ?), exists (select 1 from tickets where next_review_at <= ?), "
    "exists (select 1 from tickets where next_review_at <= ?), "
    "exists (select 1 from recheck_requests where review_at <= ?), exists (select 1 from asks where review_at <= ?), "
    "exists (select 1 from assets where derive_at <= ?), "
    f"exists (select 1 from refreshes where due_at <= ?), exists ({LANES_LEFT}), exists (select 1 from set_aside), "
    "exists (select 1 from handovers), exists (select 1 from followers where not aside), "
    "exists (select 1 from producer_rhythms where review_at <= ?), "
    "exists (select 1 from weekly_mails where due_at <= ?)"
)
TO_SEND: Final = (
    "select exists (select 1 from notices where state = 'pending' and channel = ? and not_before <= ?) "
    "or exists (select 1 from notices where state = 'sending' and channel = ? and lease_until < ?)"
)

TO_POST: Final = (
    "select exists (select 1 from webhook_posts where due_at <= ? and pk in "
    "(select min(pk) from webhook_posts where due_at is not null group by webhook))"
)


class Due(NamedTuple):
    """Of which kinds there is due work, and how far the registry is."""

    registry_version: int
    runs: bool
    tickets: bool
    tickets_soon: bool
    requests: bool
    asks: bool
    counts: bool
    refreshes: bool
    recount: bool
    set_aside: bool
    handovers: bool
    followers: bool
    producers: bool
    weeks: bool


async def due_work(ledger: Ledger, at: datetime, real: datetime, soon: datetime | None = None) -> Due:
    """By the domain's clock (`at`, and for tickets also `soon`) and the wall clock (`real`)."""
    by_domain, by_wall = to_micros(at), to_micros(real)
    moments = by_wall, by_domain, to_micros(soon or at), by_domain, by_domain, by_domain, by_wall, by_domain, by_domain
    version, *kinds = await ledger.glance(_DUE, *moments)
    return Due(version, *map(bool, kinds))


async def anything_to_send(ledger: Ledger, at: datetime, real: datetime, channel: str) -> bool:
    """Whether a notice of the channel is due (`at`), or one was left `sending` by a crash (`real`)."""
    (found,) = await ledger.glance(TO_SEND, channel, to_micros(at), channel, to_micros(real))
    return bool(found)


async def anything_to_post(ledger: Ledger, real: datetime) -> bool:
    """Whether the first that waits for a webhook is due."""
    (found,) = await ledger.glance(TO_POST, to_micros(real))
    return bool(found)
