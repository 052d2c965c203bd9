"""Reading a fetch: every record becomes a matter to decide or a dead letter, and keeps its offset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from schemas.command import Command
from schemas.finding import Finding
from schemas.policy import Policy
from schemas.topics import Topics
from streams.agents.registrar import Entry
from streams.rules.dedup import Sighting
from streams.rules.fingerprint import discriminator_of, identify
from streams.rules.grouping import cause_of
from streams.rules.intake import Refusal, facts_json, read_command, read_finding
from streams.rules.matters import Matter
from streams.rules.records import OutMessage
from streams.rules.signature import CommandKey, verified

TRUNCATED_BYTES: Final = 64 * 1024  # what is kept of a dead letter that the broker refuses for its size


class Read(NamedTuple):
    """One record, read: `matter` is a message, a registry entry, or the refusal that its dead letter will carry."""

    record: Any  # aiokafka's ConsumerRecord: topic, partition, offset, key, value, headers
    matter: Matter | Entry | Refusal


Reader = Callable[[Any, datetime], Matter | Entry | Refusal]


def finding_reader(policy: Policy, max_bytes: int) -> Reader:
    """Reads the findings topic: findings with their identity and cause, runs, rechecks."""

    def read(record: Any, at: datetime) -> Matter | Refusal:
        message = read_finding(record.value, record.headers, at, max_bytes)
        if not isinstance(message, Finding):
            return message
        facts = facts_json(message)
        if isinstance(facts, Refusal):
            return facts
        rule = policy.rule(message.check)
        discriminator = discriminator_of(rule.discriminator, message.evidence)
        identity = identify(message.asset_id, message.check, message.locator, discriminator, message.fingerprint)
        return Sighting(message, identity, facts, message.observed_at.astimezone(UTC), cause_of(rule, message))

    return read


def command_reader(
    max_bytes: int, policy: Policy | None = None, keys: Mapping[str, CommandKey] | None = None
) -> Reader:
    """Reads the commands topic; with `keys` commands must be signed, and be what the pack allows (O-6, O-7)."""

    def read(record: Any, at: datetime) -> Command | Refusal:
        message = read_command(record.value, record.headers, at, max_bytes)
        if not keys or policy is None or isinstance(message, Refusal):
            return message
        return verified(message, record.value, record.headers, keys, policy.commands)

    return read


def read_all(records: Sequence[Any], reader: Reader, at: datetime) -> list[Read]:
    """Every record of a fetch, in order."""
    return [Read(record, reader(record, at)) for record in records]


def dead_letter(topics: Topics, record: Any, refusal: Refusal) -> OutMessage:
    """The original, untouched, with the headers of the contract."""
    headers = (
        *record.headers,
        ("rectify-error", refusal.code.encode()),
        ("rectify-error-detail", refusal.detail.encode("utf-8", "replace")),
        ("rectify-origin-topic", record.topic.encode()),
        ("rectify-origin-partition", str(record.partition).encode()),
        ("rectify-origin-offset", str(record.offset).encode()),
    )
    return OutMessage(topics.dead_letters, record.key, record.value, headers)


def truncated(letter: OutMessage) -> OutMessage:
    """A dead letter that the broker refuses for its size: cut, and it says so."""
    value = (letter.value or b"")[:TRUNCATED_BYTES]
    return letter._replace(value=value, headers=(*letter.headers, ("rectify-truncated", b"true")))
