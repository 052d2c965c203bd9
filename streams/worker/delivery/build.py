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
from streams.worker.delivery.channels import known_webhooks, senders, sms_notifier
from streams.worker.delivery.dispatch import Dispatcher
from streams.worker.delivery.reports import SECRET, Reports
from streams.worker.delivery.status_poller import StatusPoller, inquirer_of
from streams.worker.delivery.webhooks import WebhookDispatcher
from streams.worker.intake.batch_processor import BatchProcessor


@dataclass(frozen=True, slots=True)
class DeliveryParts:
    """One per worker: loops that send, post and ask, and doors for what gateways and mail servers report."""

    dispatcher: Dispatcher
    status_poller: StatusPoller
    reports: Reports
    callbacks: Callbacks
    bounces: Bounces
    webhooks: WebhookDispatcher


@asynccontextmanager
async def delivery(
    settings: Settings, processor: BatchProcessor, public_url: Callable[[], str]
) -> AsyncIterator[DeliveryParts]:
    """Everything that sends a notice; its connections are closed at the end. Raises LedgerError.

    `public_url`: where gateways reach this worker, asked for each message, for the pages may be served later.
    """
    ledger, clock, topics, metrics, offer = (
        processor.ledger,
        processor.clock,
        processor.topics,
        processor.metrics,
        processor.relay.offer,
    )
    async with ledger.transaction() as tx:
        secret = await tx.deliveries.shared_secret(SECRET)
    async with AsyncExitStack() as stack:
        reports = Reports(
            ledger, clock, lambda: processor.registry, topics, secret, settings.channels, offer=offer, metrics=metrics
        )
        alarms = Alarms(ledger, clock, lambda: processor.registry, topics, offer)
        sms = sms_notifier(settings)
        status_poller = StatusPoller(ledger, clock, reports, settings.sms_provider, inquirer_of(sms))
        ways = senders(
            settings,
            sms,
            lambda delivery_id: reports.url(public_url(), delivery_id),
            stack,
            handing=status_poller,
            saw=alarms.saw,
        )
        dispatcher = Dispatcher(
            ledger,
            clock,
            processor.policy,
            lambda: processor.registry,
            topics,
            ways,
            offer=offer,
            metrics=metrics,
            wake=processor.something_to_send,
            outage=processor.outage,
            office=settings.office,
        )
        webhooks = WebhookDispatcher(
            ledger, clock, settings.zone, topics, known_webhooks(settings, stack), offer=offer, metrics=metrics
        )
        bounces = Bounces(
            reports, ReturnPath.parse(settings.bounce_address), settings.smtp_bounce_secret.get_secret_value()
        )
        callbacks = Callbacks(ledger, reports, settings.sms_callback_secret.get_secret_value())
        yield DeliveryParts(dispatcher, status_poller, reports, callbacks, bounces, webhooks)
