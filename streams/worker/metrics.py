"""What a worker shows of itself to Prometheus. Built once per process, handed to whoever counts.

Counters and histograms are kept where things happen; gauges of the database (`observe`) are read when they are asked
for, and every worker of one database shows the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from schemas.channels import CHANNELS
from streams.rules.state.outcomes import LABELS
from streams.rules.state.refusals import RefusalCode

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_BATCH_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_BATCH_SIZE: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 4_000, 8_000)
_NO_AGE: Final = 0.0
LATE_MESSAGE: Final = timedelta(seconds=30)  # from being written to Kafka to its commit: beyond, it is late
LATE_NOTICE: Final = timedelta(minutes=5)  # from its time to being taken by the provider

AttemptOutcome = Literal[
    "accepted",  # the provider took it
    "retry",  # again later does no harm
    "uncertain",  # the provider may have it
    "dead",  # it will never be taken
    "delivered",  # a report says so
    "undelivered",  # it bounced
    "suppressed",  # not sent: it is true no longer, or the channel is not set up
    "expired",  # not sent: too late
]
"""The label `outcome` of `rectify_notices_sent_total`."""


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """What the database said when it was asked; ages count to `real` or to the domain's `at`."""

    at: datetime
    real: datetime
    outbox_chunks: int = 0
    outbox_oldest: datetime | None = None  # real time
    oldest_due_unsent: datetime | None = None  # domain's clock
    notices: Mapping[str, int] = field(default_factory=dict)  # by state
    tickets: Mapping[str, int] = field(default_factory=dict)  # by status
    overdue: int = 0
    set_aside: Mapping[str, int] = field(default_factory=dict)  # by kind


class Metrics:
    """Every metric of one worker, in a registry of its own.

    Where a label is a closed list, each of its series begins at 0: `increase()` misses the first of one that appears.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.handled = self._counter("messages_total", "Messages handled, by what became of them", "outcome")
        self.batch_seconds = Histogram(
            "rectify_batch_seconds",
            "From a fetch to its commit",
            ("topic",),
            buckets=_BATCH_SECONDS,
            registry=self.registry,
        )
        self.batch_size = Histogram(
            "rectify_batch_size", "Messages in one batch", ("topic",), buckets=_BATCH_SIZE, registry=self.registry
        )
        self.messages_late = self._counter(
            "messages_late_total", "Messages handled 30 s or more after they were written"
        )
        self.dead_letters = self._counter("dead_letters_total", "Messages refused, by reason", "code")
        self.dead_letters_cut = self._counter("dead_letters_cut_total", "Dead letters cut short (rule I-8)")
        self.conflicts = self._counter("conflicts_total", "Transactions done again because another was in the way")
        self.gaps = self._counter("gaps_total", "Offsets that were lost before they came here")
        self.lateness = self._gauge("duewatch_lateness_seconds", "By how much due work is late (domain's clock)")
        self.ready = self._gauge("ready", "1 while a condition of /readyz holds", "check")
        self.lag = self._gauge("consumer_lag", "Messages not yet handled", "topic", "partition")
        self.sent = self._counter(
            "notices_sent_total", "Attempts to send notices, by outcome", "channel", "outcome", "code"
        )
        self.notices_late = self._counter(
            "notices_late_total", "Notices taken at a later try, or 5 minutes or more after their time", "channel"
        )
        self.breaker = self._gauge("provider_breaker_open", "1 while a provider is left alone", "channel")
        self.outbox_age = self._gauge("outbox_age_seconds", "Age of the oldest message not yet published")
        self.outbox_chunks = self._gauge("outbox_chunks", "Chunks of messages not yet published")
        self.due_unsent_age = self._gauge("notice_oldest_due_seconds", "Age of the oldest notice due but not sent")
        self.notices = self._gauge("notices", "Notices by state", "state")
        self.tickets = self._gauge("tickets", "Tickets by status", "status")
        self.overdue = self._gauge("tickets_overdue", "Open tickets past their due")
        for outcome in sorted(LABELS):
            self.handled.labels(outcome)
        for channel in CHANNELS:
            self.notices_late.labels(channel)
        for code in get_args(RefusalCode):
            self.dead_letters.labels(code)
        self.set_aside = self._gauge("set_aside", "Rows for which due work or sending failed, set aside", "kind")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"rectify_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"rectify_{name}", text, labels, registry=self.registry)

    def batch(self, topic: str, size: int, seconds: float, late: int = 0) -> None:
        """One batch was committed, so many of its messages late."""
        self.batch_seconds.labels(topic).observe(seconds)
        self.batch_size.labels(topic).observe(size)
        self.messages_late.inc(late)

    def outcomes(self, counts: Mapping[str, int]) -> None:
        """What became of the messages of a batch."""
        for outcome, count in counts.items():
            self.handled.labels(outcome).inc(count)

    def attempt(self, channel: str, outcome: AttemptOutcome, code: str, count: int = 1) -> None:
        """A provider was called, or a notice ended without; of the code only its stable first word is kept."""
        self.sent.labels(channel, outcome, code.partition(":")[0]).inc(count)

    def lags(self, lag: Mapping[tuple[str, int], int]) -> None:
        """The lag of the partitions that are ours now; those of others vanish."""
        self.lag.clear()
        for (topic, partition), count in lag.items():
            self.lag.labels(topic, str(partition)).set(count)

    def observe(self, facts: LedgerFacts) -> None:
        """Takes in what the database said."""
        self.outbox_chunks.set(facts.outbox_chunks)
        self.outbox_age.set(_age(facts.outbox_oldest, facts.real))
        self.due_unsent_age.set(_age(facts.oldest_due_unsent, facts.at))
        self.overdue.set(facts.overdue)
        counted = (self.notices, facts.notices), (self.tickets, facts.tickets), (self.set_aside, facts.set_aside)
        for gauge, counts in counted:
            gauge.clear()
            for label, count in counts.items():
                gauge.labels(label).set(count)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)


def _age(since: datetime | None, now: datetime) -> float:
    return _NO_AGE if since is None else max((now - since).total_seconds(), _NO_AGE)
