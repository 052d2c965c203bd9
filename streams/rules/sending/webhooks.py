"""When a post to a webhook is tried again, and when no longer; pure (rule N-72).

N-72 A webhook gets its posts one after the other, in the order in which they were recorded: while one is not taken,
     the others of this webhook wait, and no other webhook does. It is tried again after 30 seconds, then ever more
     seldom, up to an hour; an attempt is recorded before it is made, so that a crash repeats one and loses none. What
     has waited seven days is given up, and so is at once what the address refuses for itself (400, 413, 415, 422):
     said by an event, once until the webhook takes something again, listed by `rectify webhook list`, and tried again
     by `rectify webhook retry`. Times are real.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

import orjson

from schemas.topics import Topics
from streams.rules.notices.webhooks import Subscriber
from streams.rules.state.records import OutMessage

GIVEN_UP_AFTER: Final = timedelta(days=7)
_FIRST: Final = timedelta(seconds=30)
_LONGEST: Final = timedelta(hours=1)


def next_attempt(real: datetime, attempts: int, chance: float) -> datetime:
    """After so many attempts in vain; `chance` is from 0 to 1, drawn by the caller."""
    ceiling = min(_FIRST * (1 << min(attempts, 16)), _LONGEST)
    return real + _FIRST + (ceiling - _FIRST) * chance


def webhook_given_up(topics: Topics, subscriber: Subscriber, code: str, at: datetime) -> OutMessage:
    """The event; `code`: what became of the latest attempt, `at` is local time."""
    cause = f"webhook_given_up\x1f{subscriber.webhook}\x1f{at.timestamp()}"
    event = {
        "id": blake2b(cause.encode(), digest_size=16).hexdigest(),
        "type": "webhook_given_up",
        "at": at,
        "asset_id": None,
        "unit_id": subscriber.unit_id,
        "ticket_id": None,
        "ticket_version": None,
        "rule": "N-72",
        "reason": code.partition(":")[0],
        "summary": f"推送地址 {subscriber.webhook} 未能收下（{code}），已停止重试，处理后用 rectify webhook retry 重发",
        "provider": subscriber.webhook,
        "code": code,
    }
    return OutMessage(topics.events, b"provider", orjson.dumps(event))
