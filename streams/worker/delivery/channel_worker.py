"""A channel at work: sender, breaker, journal, letters in flight, and whether it stands for a fault of ours."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic

from schemas.channels import NoticeChannel
from streams.log_events import event_log
from streams.worker.delivery.breaker import Breaker
from streams.worker.delivery.in_flight import InFlight
from streams.worker.delivery.journal import NoticeJournal
from streams.worker.delivery.senders import Sender
from streams.worker.faults import STANDS_SECONDS, of_all, told

log = event_log(__name__)


@dataclass(slots=True)
class ChannelWorker:
    """One for each channel; without a sender it is not set up."""

    channel: NoticeChannel
    sender: Sender | None
    breaker: Breaker
    journal: NoticeJournal
    in_flight: InFlight
    wake: asyncio.Event  # something may be due, or there is room for more
    not_picked: list[str] = field(default_factory=list)  # failed for a fault of ours when they were picked, in a row
    not_written: list[str] = field(default_factory=list)  # the same when they were to be sent, with none sent between
    _stands_until: float = 0.0  # monotonic

    @property
    def is_standing(self) -> bool:
        """Whether it waits, because everything has failed for a fault of ours."""
        return monotonic() < self._stands_until

    def stands(self, error: Exception, in_a_row: list[str]) -> bool:
        """One more has failed: whether these are so many that it waits from now on, and all stay due (O-14)."""
        in_a_row.append(self.channel)
        if not of_all(in_a_row):
            return False
        self._stands_until = monotonic() + STANDS_SECONDS
        log.error("due_work_stands", kind="notice", channel=self.channel, fault=told(error), exc_info=error)
        return True
