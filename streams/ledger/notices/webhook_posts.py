"""What is to be posted to webhooks (N-71, N-72): a row until it was taken, or a person has read why it was not.

`due_at` is when the row is tried next; none: it was given up. All times are real.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from streams.ledger.moments import from_micros, to_micros
from streams.ledger.notice_tables import webhook_posts
from streams.ledger.part import Part
from streams.rules.notices.webhooks import NewPost

_COLUMNS: Final = "pk, webhook, event_id, body, created_at, due_at, attempts"
_HEADS: Final = (
    f"select {_COLUMNS} from webhook_posts where due_at <= ? and pk in "  # noqa: S608
    "(select min(pk) from webhook_posts where due_at is not null group by webhook)"
)


class WebhookPost(NamedTuple):
    """The first that waits for its webhook."""

    pk: int
    webhook: str
    event_id: str
    body: str
    created_at: datetime
    due_at: datetime
    attempts: int


class WebhookPosts(Part):
    """Adding, taking up, and what became of them."""

    async def add(self, posts: Sequence[NewPost], at: datetime) -> None:
        """Records them, due at once, behind what waits already."""
        moment = to_micros(at)
        columns = ("webhook", "event_id", "body", "created_at", "due_at", "attempts")
        rows = [(*post, moment, moment, 0) for post in posts]
        await self._session.insert_many(webhook_posts, columns, rows)

    async def due(self, at: datetime) -> list[WebhookPost]:
        """The first that waits of each webhook, where it is due."""
        return [_read(row) for row in await self._session.rows(_HEADS, to_micros(at))]

    async def take(self, post: WebhookPost, until: datetime) -> bool:
        """Notes an attempt, before it is made: nobody else makes one until then. False: somebody else does already."""
        changed = await self._session.run(
            "update webhook_posts set due_at = ?, attempts = attempts + 1 where pk = ? and due_at = ?",
            to_micros(until),
            post.pk,
            to_micros(post.due_at),
        )
        return changed == 1

    async def taken(self, post: WebhookPost) -> None:
        """It has arrived."""
        await self._session.run("delete from webhook_posts where pk = ?", post.pk)

    async def try_again(self, post: WebhookPost, at: datetime, code: str) -> None:
        """It has not; those behind it wait, too."""
        await self._session.run(
            "update webhook_posts set due_at = ?, code = ? where pk = ? and due_at is not null",
            to_micros(at),
            code,
            post.pk,
        )

    async def give_up(self, post: WebhookPost, code: str) -> None:
        """It alone will never be taken."""
        await self._session.run("update webhook_posts set due_at = null, code = ? where pk = ?", code, post.pk)

    async def give_up_before(self, webhook: str, created: datetime, code: str) -> int:
        """So much of a webhook's has waited since then, and does no longer."""
        return await self._session.run(
            "update webhook_posts set due_at = null, code = ? "
            "where webhook = ? and due_at is not null and created_at <= ?",
            code,
            webhook,
            to_micros(created),
        )

    async def put_back(self, webhook: str, at: datetime) -> int:
        """Has what was given up tried again, in its order, and what waits tried now; how many were given up."""
        moment = to_micros(at)
        await self._session.run(
            "update webhook_posts set due_at = ? where webhook = ? and due_at > ?", moment, webhook, moment
        )
        return await self._session.run(
            "update webhook_posts set due_at = ?, created_at = ?, attempts = 0 where webhook = ? and due_at is null",
            moment,
            moment,
            webhook,
        )


def _read(row: Sequence[Any]) -> WebhookPost:
    pk, webhook, event_id, body, created_at, due_at, attempts = row
    return WebhookPost(pk, webhook, event_id, body, from_micros(created_at), from_micros(due_at), attempts)
