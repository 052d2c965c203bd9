"""Delivery reports: what a gateway says later of a short message, taken in only with the token that we gave it."""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from hashlib import sha256
from typing import Final

from notifiers.protocol import State
from notifiers.sms.kannel import parse_report, report_url
from schemas.channels import TO_PEOPLE
from schemas.topics import Topics
from streams.clock import Clock
from streams.ledger import Conflict, Ledger, LedgerUnavailable
from streams.log_events import event_log
from streams.presentation.masking import masked
from streams.rules.notices.receipts import receipt
from streams.rules.sending.fallback import failed
from streams.rules.state.records import OutMessage
from streams.rules.state.snapshot import Registry
from streams.worker.delivery.fallback import follow
from streams.worker.metrics import Metrics
from streams.worker.relay import Outgoing

TOKEN: Final = "token"  # noqa: S105 - the parameter's name
SECRET: Final = "delivery-reports"  # noqa: S105 - the name under which the ledger keeps it
_TOKEN_LENGTH: Final = 32
_DELIVERY_ID: Final = re.compile(r"[0-9a-f]{32}")
_OK, _BAD, _FORBIDDEN, _UNKNOWN, _LATER = 200, 400, 403, 404, 503

log = event_log(__name__)


class Reports:
    """Takes delivery reports in; one per worker. `secret` is `Transaction.deliveries.shared_secret(SECRET)`."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        registry: Callable[[], Registry],
        topics: Topics,
        secret: str,
        usable: Collection[str] = tuple(TO_PEOPLE),
        *,
        offer: Callable[[Outgoing], Awaitable[None]],
        metrics: Metrics,
    ) -> None:
        """`usable`: the channels that are set up, over which another is told of what did not arrive."""
        self._usable = usable
        self._ledger = ledger
        self._clock = clock
        self._registry = registry
        self._topics = topics
        self._secret = secret.encode()
        self._offer = offer
        self._metrics = metrics
        self._offering: set[asyncio.Future[None]] = set()

    def url(self, public_url: str, delivery_id: str) -> str:
        """Where Kannel reports on a delivery."""
        return f"{report_url(public_url, delivery_id)}&{TOKEN}={self.token(delivery_id)}"

    def token(self, delivery_id: str) -> str:
        """Proves that a report is about a message that we sent."""
        return hmac.new(self._secret, delivery_id.encode(), sha256).hexdigest()[:_TOKEN_LENGTH]

    async def kannel(self, query: Mapping[str, str]) -> int:
        """Takes one of Kannel's reports, in any order and repeated; the HTTP status to answer with."""
        report = parse_report(query)
        if report is None or not _DELIVERY_ID.fullmatch(report.notice_id):
            return _BAD
        if not hmac.compare_digest(
            query.get(TOKEN, "").encode("utf-8", "surrogatepass"), self.token(report.notice_id).encode()
        ):
            log.warning("report_without_token", delivery=report.notice_id)
            return _FORBIDDEN
        return await self.take(report.notice_id, report.state, report.code)

    async def take(self, delivery_id: str, state: State, code: str) -> int:
        """Takes in what is known of a delivery from whoever may say so; only forward (N-44). The HTTP status."""
        for _ in range(3):
            try:
                return await self._apply(delivery_id, state, code)
            except Conflict:
                self._metrics.conflicts.inc()
            except LedgerUnavailable:
                break
        return _LATER

    async def _apply(self, delivery_id: str, state: State, code: str) -> int:
        now, registry = self._clock.now(), self._registry()
        messages: list[OutMessage] = []
        moved = []
        async with self._ledger.transaction() as tx:
            delivery = await tx.deliveries.notices(delivery_id)
            for notice, ticket_id in delivery:
                if await tx.notices.report(notice.notice_id, state, code, now.at):
                    moved.append(notice)
                    at = now.at.astimezone(registry.zone)
                    provider = notice.provider or "kannel"
                    messages.append(
                        receipt(
                            self._topics, notice, ticket_id, masked(notice), state, at, provider=provider, code=code
                        )
                    )
            if failed(state, code):
                await follow(tx, moved, registry, self._usable, now)
            chunks = await tx.outbox.add(messages, now.real)
        if chunks:
            self._metrics.attempt(delivery[0][0].channel, state, code, len(messages))
            log.info("notice_reported", delivery=delivery_id, state=state, code=code)
            # The gateway shall not wait for the broker.
            offering = asyncio.ensure_future(self._offer(Outgoing(chunks, messages)))
            self._offering.add(offering)
            offering.add_done_callback(self._offering.discard)
        return _OK if delivery else _UNKNOWN
