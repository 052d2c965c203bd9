"""Workers killed, stopped and frozen at work, in short; and the checker finds what is planted. Long: `make crash`."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
import pytest

from streams.local.kafka import LocalKafka
from tests.crash.account import Account
from tests.crash.check import faults
from tests.crash.play import play
from tests.crash.trouble import Trouble
from tests.support.pipeline import Pipeline

SEED: Final = 20230306
FAULTS: Final = ("worker killed", "all workers at once", "worker stopped", "worker frozen")


class Relaid(NamedTuple):
    """A record with another value, as the checker reads it."""

    topic: str
    value: bytes | None
    headers: Any = ()


@pytest.mark.long("three workers, each fault of a process once: a minute and more; one crash is in test_crash")
@pytest.mark.timeout(900)  # workers that share two cores with other tests take a minute to be up again
async def test_killed_while_they_work(
    kafka: LocalKafka, topic_prefix: str, postgres_database: str, tmp_path: Path
) -> None:
    """Three workers on PostgreSQL: counts exact, tickets single, each message once in effect."""
    trouble = Trouble(random.Random(SEED))  # noqa: S311 - a seed, so that it can be repeated
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, postgres_database) as pipeline:
        played = await play(pipeline, trouble, faults=len(FAULTS), workers=3, planned=FAULTS)
    assert faults(played.expected, played.account) == []
    for name, plant in PLANTS.items():
        assert faults(played.expected, plant(played.account)), name


def _changed(record: Any, **fields: Any) -> Relaid:
    return Relaid(record.topic, orjson.dumps(orjson.loads(record.value) | fields))


def _last_ticket_message(account: Account) -> Account:
    """Without the last message about a ticket: the topic and the ledger disagree."""
    ticket_id = orjson.loads(account.ticket_messages[-1].value or b"")["ticket_id"]
    version = account.tickets[ticket_id].version
    kept = [
        record
        for record in account.ticket_messages
        if (document := orjson.loads(record.value or b""))["ticket_id"] != ticket_id or document["version"] != version
    ]
    return replace(account, ticket_messages=kept)


def _event(account: Account, kind: str) -> Any:
    return next(record for record in account.events if orjson.loads(record.value or b"")["type"] == kind)


def _event_lost(account: Account, kind: str) -> Account:
    lost = _event(account, kind).value
    return replace(account, events=[record for record in account.events if record.value != lost])


def _other_problem(account: Account, **fields: Any) -> Account:
    (place, stored), *rest = account.problems
    return replace(account, problems=[(place, replace(stored, **fields)), *rest])


def _sms_states(account: Account, state: str) -> Account:
    return replace(
        account, notices=[replace(row, state=state) if row.channel == "sms" else row for row in account.notices]
    )


PLANTS: Final[dict[str, Callable[[Account], Account]]] = {
    "a sighting lost": lambda a: _other_problem(a, count=a.problems[0][1].count - 1),
    "a sighting twice": lambda a: _other_problem(a, count=a.problems[0][1].count + 1),
    "an earlier sighting forgotten": lambda a: _other_problem(a, first_seen_at=a.problems[0][1].last_seen_at),
    "closed without evidence": lambda a: _other_problem(
        a, status="gone" if a.problems[0][1].status == "open" else "open"
    ),
    "a second problem for one place": lambda a: replace(a, problems=[a.problems[0], *a.problems]),
    "a second ticket": lambda a: replace(a, tickets=a.tickets | {"ZG-2": next(iter(a.tickets.values()))}),
    "a problem in the wrong ticket": lambda a: _other_problem(a, ticket_id=a.problems[-1][1].ticket_id),
    "an event lost": lambda a: _event_lost(a, "closed"),
    "an event of which there is no history": lambda a: replace(a, history=[*a.history, "unknown"]),
    "a history row twice": lambda a: replace(a, history=[*a.history, a.history[0]]),
    "one id, two texts": lambda a: replace(a, events=[*a.events, _changed(a.events[0], summary="别的")]),
    "the same effect under two ids": lambda a: replace(a, events=[*a.events, _changed(_event(a, "opened"), id="x")]),
    "a ticket's last message lost": _last_ticket_message,
    "versions out of order": lambda a: replace(a, ticket_messages=list(reversed(a.ticket_messages))),
    "a dead letter lost": lambda a: replace(
        a, dead_letters=[record for record in a.dead_letters if record.headers != a.dead_letters[0].headers]
    ),
    "something left in the outbox": lambda a: replace(a, outbox=1),
    "a short message twice": lambda a: replace(a, short_messages=[*a.short_messages, a.short_messages[0]]),
    "a short message lost": lambda a: replace(_sms_states(a, "delivered"), short_messages=a.short_messages[1:]),
    "a short message stuck": lambda a: _sms_states(a, "sending"),
    "one Message-ID, two mails": lambda a: replace(a, mails=[*a.mails, ("m", "一"), ("m", "二")]),
}
