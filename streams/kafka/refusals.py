"""What a broker will never take, told apart from what may pass."""

from __future__ import annotations

from typing import NamedTuple

from aiokafka.errors import (
    InvalidTimestampError,
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownError,
)

TOO_LARGE = "too_large"
UNKNOWN_TOPIC = "unknown_topic"
NOT_AUTHORIZED = "not_authorized"
REFUSED = "refused"

UNKNOWN_FAILURES = 5  # an error without a meaning may pass; after so many it is taken for an answer


class PublishError(NamedTuple):
    """The message at ``index`` was refused for good; ``code`` is one of the words above, ``detail`` for people."""

    index: int  # type: ignore[assignment]  # nobody asks an error for tuple.index()
    code: str
    detail: str


def verdict_on(error: KafkaError, failures: int) -> str | None:
    """Return the code when the broker will never take the batch, None when it may yet."""
    if isinstance(error, MessageSizeTooLargeError | RecordListTooLargeError):
        return TOO_LARGE
    if isinstance(error, TopicAuthorizationFailedError):
        return NOT_AUTHORIZED
    if isinstance(error, InvalidTopicError | InvalidTimestampError | PolicyViolationError):
        return REFUSED
    # aiokafka does not know every code, not even "no key for a compacted topic".
    return REFUSED if isinstance(error, UnknownError) and failures >= UNKNOWN_FAILURES else None
