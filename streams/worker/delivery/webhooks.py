"""The loop that posts to webhooks: what is due -> attempt recorded -> POST -> what became of it recorded (N-72)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from notifiers.protocol import Outcome
from schemas.topics import Topics
from streams.clock import Clock
from streams.ledger import Conflict, Ledger, LedgerError, LedgerUnavailable, Transaction
from streams.ledger.notices.webhook_posts import WebhookPost
from streams.ledger.reading.polling import anything_to_post
from streams.log_events import event_log
from streams.rules.notices.webhooks import Subscriber
from streams.rules.sending.webhooks import GIVEN_UP_AFTER, next_attempt, webhook_given_up
from streams.rules.state.records import OutMessage
from streams.rules.state.snapshot import Now
from streams.worker.metrics import Metrics
from streams.worker.relay import Outgoing

POLL_SECONDS: Final = 1.0
GRACE_SECONDS: Final = 10.0
_CALL_SECONDS: Final = 60.0
_LEASE: Final = timedelta(seconds=120)  # longer than a call may take: nobody else posts what is under way
_CHANNEL: Final = "webhook"
_UNKNOWN: Final = "not_configured"

log = event_log(__name__)


class Poster(Protocol):
    """One webhook."""

    async def send(self, event_id: str, body: bytes) -> Outcome:
        """Tries once."""


class KnownWebhook(NamedTuple):
    """A webhook of the settings."""

    subscriber: Subscriber
    poster: Poster


class WebhookDispatcher:
    """One per worker; any number may share a database."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        zone: ZoneInfo,
        topics: Topics,
        webhooks: Mapping[str, KnownWebhook],
        *,
        offer: Callable[[Outgoing], Awaitable[None]],
        metrics: Metrics,
    ) -> None:
        """`offer`: events for the relay."""
        self._ledger, self._clock, self._zone, self._topics = ledger, clock, zone, topics
        self._webhooks = webhooks
        self._offer = offer
        self._metrics = metrics
        self._at_work: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Posts until cancelled: what is under way then is given a while, and is otherwise posted again."""
        if not self._webhooks:
            return
        try:
            while True:
                try:
                    await self.begin()
                except Conflict:
                    self._metrics.conflicts.inc()
                except LedgerUnavailable as error:
                    log.debug("webhooks_without_database", error=str(error))
                await asyncio.sleep(POLL_SECONDS)
        finally:
            if self._at_work:
                await asyncio.wait(self._at_work.values(), timeout=GRACE_SECONDS)

    async def begin(self) -> None:
        """Has each webhook work off what is due, beside the others."""
        if not await anything_to_post(self._ledger, self._clock.now().real):
            return
        async with self._ledger.transaction() as tx:
            due = await tx.webhooks.due(self._clock.now().real)
        for post in due:
            if post.webhook not in self._webhooks:
                await self._leave(post)
            elif post.webhook not in self._at_work:
                task = asyncio.create_task(self._work_off(post))
                self._at_work[post.webhook] = task
                task.add_done_callback(lambda _, name=post.webhook: self._at_work.pop(name))  # type: ignore[misc]

    async def settled(self) -> None:
        """When nothing is under way."""
        while self._at_work:
            await asyncio.wait(self._at_work.values())

    async def _work_off(self, post: WebhookPost | None) -> None:
        try:
            while post is not None:
                post = await self._attempt(post)
        except LedgerError as error:  # the next round begins with it again
            log.debug("webhooks_without_database", error=str(error))

    async def _attempt(self, post: WebhookPost) -> WebhookPost | None:
        """Tries one; the one behind it, where that is due."""
        webhook = self._webhooks[post.webhook]
        async with self._ledger.transaction() as tx:
            if not await tx.webhooks.take(post, self._clock.now().real + _LEASE):
                return None
        outcome = await _posted(webhook.poster, post)
        now, messages = self._clock.now(), list[OutMessage]()
        async with self._ledger.transaction() as tx:
            if outcome.state == "accepted":
                await tx.webhooks.taken(post)
                await tx.provider_refs.end_alarm(_alarm(post))
            else:
                messages = await self._failed(tx, post, webhook.subscriber, outcome, now)
            chunks = await tx.outbox.add(messages, now.real)
            due = await tx.webhooks.due(now.real)
        if chunks:
            await self._offer(Outgoing(chunks, messages))
        self._metrics.attempt(_CHANNEL, outcome.state, outcome.code)
        self._metrics.breaker.labels(f"{_CHANNEL} {post.webhook}").set(outcome.state != "accepted")
        return next((one for one in due if one.webhook == post.webhook), None)

    async def _failed(
        self, tx: Transaction, post: WebhookPost, subscriber: Subscriber, outcome: Outcome, now: Now
    ) -> list[OutMessage]:
        """The event that something was given up, the first time."""
        given_up = 0
        if outcome.state == "dead":
            await tx.webhooks.give_up(post, outcome.code)
            given_up = 1
        else:
            given_up = await tx.webhooks.give_up_before(post.webhook, now.real - GIVEN_UP_AFTER, outcome.code)
            chance = random.random()  # noqa: S311 - jitter
            await tx.webhooks.try_again(post, next_attempt(now.real, post.attempts, chance), outcome.code)
        log.info("webhook_failed", webhook=post.webhook, post=post.event_id, code=outcome.code, given_up=given_up)
        if not given_up or not await tx.provider_refs.raise_alarm(_alarm(post)):
            return []
        log.error("webhook_given_up", webhook=post.webhook, code=outcome.code, hint="rectify webhook list")
        return [webhook_given_up(self._topics, subscriber, outcome.code, now.at.astimezone(self._zone))]

    async def _leave(self, post: WebhookPost) -> None:
        """One whose webhook is in no file any more waits as long as any other."""
        real = self._clock.now().real
        if real - post.created_at >= GIVEN_UP_AFTER:
            async with self._ledger.transaction() as tx:
                await tx.webhooks.give_up_before(post.webhook, real - GIVEN_UP_AFTER, _UNKNOWN)


async def _posted(poster: Poster, post: WebhookPost) -> Outcome:
    try:
        async with asyncio.timeout(_CALL_SECONDS):
            return await poster.send(post.event_id, post.body.encode())
    except TimeoutError:
        return Outcome("retry", "timeout")
    except Exception:
        log.exception("webhook_failed", webhook=post.webhook, post=post.event_id)
        return Outcome("retry", "fault")


def _alarm(post: WebhookPost) -> str:
    return f"{_CHANNEL}:{post.webhook}"
