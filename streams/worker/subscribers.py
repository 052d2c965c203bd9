"""Webhooks, as decisions see them: what supervisors get is recorded to be posted, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from streams.ledger import Transaction
from streams.ledger.batch.bulletins import BulletinEntry
from streams.rules.notices.webhooks import Subscriber, bulletin_posts, escalation_posts
from streams.rules.state.snapshot import ChangeSet, Now, Registry


class Subscribers:
    """One per worker; every worker of a database has the same file of webhooks."""

    def __init__(self, subscribers: Sequence[Subscriber] = ()) -> None:
        self._subscribers = subscribers

    async def save(
        self,
        tx: Transaction,
        change_set: ChangeSet,
        registry: Registry,
        now: Now,
        bulletins: Sequence[BulletinEntry] = (),
    ) -> list[int]:
        """Saves a decision, and what is to be posted of it (N-71); the chunks of the outbox."""
        if self._subscribers and (change_set.escalated or bulletins):
            posts = list(escalation_posts(change_set.escalated, self._subscribers, registry.units))
            for one in bulletins:
                posts += bulletin_posts(one.bulletin_id, one.document, self._subscribers)
            await tx.webhooks.add(posts, now.real)
        return await tx.save(change_set, now)
