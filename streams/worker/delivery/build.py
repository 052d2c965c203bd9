"""Delivery, put together: settings and a batch processor -> senders, dispatcher, and who records outcomes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from notifiers.return_path import ReturnPath
from streams.settings.model import Settings
from streams.worker.delivery.alarms import Alarms
from streams.worker.delivery.bounces import Bounces
from streams.worker.delivery.callbacks import Callbacks
from streams.worker.delivery.channels import posts, sms_notifier
from streams.worker.delivery.dispatch import Dispatcher
from streams.worker.delivery.reports import SECRET, Reports
from streams.worker.delivery.status_poller import StatusPoller, inquirer_of
from streams.worker.intake.batch_processor import BatchProcessor


@dataclass(frozen=True, slots=True)
class Delivery:
    """One per worker: two loops that send and ask, and three doors for what gateways and mail servers report."""

    dispatcher: Dispatcher
    inquiries: StatusPoller
    reports: Reports
    callbacks: Callbacks
    bounces: Bounces


@asynccontextmanager
async def delivery(settings: Settings, desk: BatchProcessor, public_url: Callable[[], str]) -> AsyncIterator[Delivery]:
    """Everything that sends a notice; its connections are closed at the end. Raises LedgerError.

    `public_url`: where gateways reach this worker, asked for each message, for the pages may be served later.
    """
    ledger, clock, topics, metrics, offer = desk.ledger, desk.clock, desk.topics, desk.metrics, desk.relay.offer
    async with ledger.transaction() as tx:
        secret = await tx.shared_secret(SECRET)
    async with AsyncExitStack() as stack:
        reports = Reports(
            ledger, clock, lambda: desk.registry, topics, secret, settings.channels, offer=offer, metrics=metrics
        )
        alarms = Alarms(ledger, clock, lambda: desk.registry, topics, offer)
        sms = sms_notifier(settings)
        inquiries = StatusPoller(ledger, clock, reports, settings.sms_provider, inquirer_of(sms))
        ways = posts(
            settings,
            sms,
            lambda delivery_id: reports.url(public_url(), delivery_id),
            stack,
            handing=inquiries,
            saw=alarms.saw,
        )
        dispatcher = Dispatcher(
            ledger,
            clock,
            desk.policy,
            lambda: desk.registry,
            topics,
            ways,
            offer=offer,
            metrics=metrics,
            wake=desk.something_to_send,
            outage=desk.outage,
        )
        bounces = Bounces(
            reports, ReturnPath.parse(settings.bounce_address), settings.smtp_bounce_secret.get_secret_value()
        )
        callbacks = Callbacks(ledger, reports, settings.sms_callback_secret.get_secret_value())
        yield Delivery(dispatcher, inquiries, reports, callbacks, bounces)
