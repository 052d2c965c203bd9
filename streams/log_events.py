"""Log events: every name under which this program logs, with what it means; docs/operations.md has them for operators.

A module's `log = event_log(__name__)` takes these names and no others: mypy refuses them, and a test a name that
nothing logs. What a name is about is in keyword arguments; addresses and secrets are masked when it is written.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, cast

import structlog

LogEvent = Literal[
    # The process
    "worker_started",  # with database, policy, group and web address
    "worker_stopping",  # it was told to end
    "worker_stopped",  # in order, its outbox published
    "fatal",  # it ends at once, before anything is acknowledged
    "unknown_variable",  # RECTIFY_... in the environment that is no setting
    # Kafka
    "kafka_unavailable",  # no broker answers at the start
    "kafka_ended",  # the local Kafka died
    "kafka_restarted",  # and is back
    "kafka_not_restarted",  # or is not
    "kafka_publishing_stalled",  # the broker has not acknowledged for a while
    "kafka_publishing_resumed",  # and does again
    "topics_not_writable",  # missing, or no right to write
    "message_refused_by_broker",  # one of ours that it will never take
    "outbox_taken_over",  # what another worker or an earlier life left was published
    "chunks_unreadable",  # messages of the outbox that cannot be read stay there
    # The database
    "database_unavailable",  # somebody waits for it
    "database_available",  # and waits no more
    "metrics_without_database",  # gauges are older ones
    # Offsets and logs
    "partition_taken_over",  # another worker was faster after a rebalance
    "offsets_missing",  # the broker no longer had them
    "log_not_compared",  # nobody could tell whether a topic is the one that was read (O-13)
    "group_rewound",  # the database comes from a backup
    "tickets_given_up",  # numbers that a restored database does not know got their end (O-15)
    "tickets_not_readable",  # no right to read the tickets' topic after a restore
    # Deciding
    "message_undecidable",  # a fault of ours in one message
    "message_too_large",  # what it is about does not fit in memory
    "batch_halved",  # a batch failed as a whole
    "dead_letters_limited",  # a producer's dead letters are cut short (I-8)
    "dead_letters_whole",  # and are not any more
    "problem_not_carried",  # it keeps its former fingerprint (D-14)
    "calendar_missing",  # a year's working days are not known (L-8)
    # Due work
    "set_aside",  # a fault of ours in one row (O-14)
    "due_work_halved",  # a batch of it failed as a whole
    "due_work_stands",  # too many rows fail in a row
    # Webhooks
    "webhook_failed",  # one has not taken a post; it is tried again (N-72)
    "webhook_given_up",  # nor for a week, or never will
    "webhooks_without_database",  # the loop waits for it
    # Pages
    "pages_started",  # with what they serve and where
    "pages_stopped",  # in order
    "pages_without_database",  # somebody got a page that asks for patience
    "page_failed",  # a fault of ours; the page asks for patience
    "pages_without_key",  # the key that they sign with cannot be kept: they show and do not act
    "pages_without_broker",  # what somebody submitted was not taken; the form kept it
    "login_service_away",  # the office's login service does not answer as one does (W-41)
    "login_not_believed",  # nor can what it says be believed
    "intake_not_acknowledged",  # what a program handed in was not taken; it is told to send it again
    "upload_not_scanned",  # the scanner does not answer, and the file was not taken
    # Sending
    "channel_not_configured",  # mail or short messages are not set up
    "notice_tried",  # one attempt, and what became of it
    "notice_reported",  # a delivery report was taken in
    "notices_readdressed",  # contacts have changed
    "told_another",  # what was not delivered goes to somebody else
    "letter_failed",  # it could not be written
    "delivery_failed",  # what became of it could not be recorded
    "provider_alarm",  # our account or sender is refused, or the balance used up (N-45)
    "provider_works_again",  # and no more
    "alarm_without_database",  # an alarm that could not be recorded yet
    "inquiry_failed",  # a provider could not be asked
    "inquiries_without_database",  # providers are asked once it is back
    "reference_not_kept",  # a report about this message may not be recognised
    "report_without_token",  # about no message of ours
    "callback_without_secret",  # somebody else posts to /receipts
    "bounce_passed_over",  # a mail that changes nothing
    "bounce_without_secret",  # somebody else hands bounces in
]


class EventLog(Protocol):
    """What structlog's loggers can do, with the names that there are."""

    def debug(self, event: LogEvent, **about: Any) -> None:
        """For whoever looks for a fault."""

    def info(self, event: LogEvent, **about: Any) -> None:
        """It has happened, as it should."""

    def warning(self, event: LogEvent, **about: Any) -> None:
        """Somebody should know."""

    def error(self, event: LogEvent, **about: Any) -> None:
        """Somebody has to do something."""

    def exception(self, event: LogEvent, **about: Any) -> None:
        """The same, with the traceback of the exception that is handled."""

    def critical(self, event: LogEvent, **about: Any) -> None:
        """The process ends."""


def event_log(name: str) -> EventLog:
    """The log of a module, by its name."""
    return cast("EventLog", structlog.get_logger(name))
