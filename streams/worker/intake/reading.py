"""Reading a batch: every record becomes an input to decide, an entry to keep or a dead letter, with its offset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from schemas.command import Command
from schemas.policy import Policy
from schemas.recheck import Recheck
from schemas.run import Run
from streams.kafka.records.tolerant import UnreadBatch
from streams.ledger.batch.bulletins import BulletinEntry
from streams.rules.intake.fingerprint import discriminator_of, identify
from streams.rules.intake.intake import DatedFinding, Refusal, facts_json, read_command, read_seen
from streams.rules.intake.signature import CommandKey, signer, verified
from streams.rules.state.inputs import Input, Observation
from streams.rules.state.places import places_of
from streams.rules.tickets.grouping import cause_of
from streams.worker.intake.registrar import RegistryEntry


class Read(NamedTuple):
    """One record, read: `content` is a message, a registry entry, or the refusal that its dead letter will carry."""

    record: Any  # aiokafka's ConsumerRecord: topic, partition, offset, key, value, headers
    content: Input | RegistryEntry | BulletinEntry | Refusal


class Sorted(NamedTuple):
    """The reads of a batch by what is to be done with them."""

    records: list[Any]  # of `inputs`, one for one
    inputs: list[Input]  # to decide
    entries: list[RegistryEntry]  # to keep
    bulletins: list[BulletinEntry]  # to record
    refused: list[tuple[Any, Refusal]]  # records to set aside


Reader = Callable[[Any, datetime], Input | RegistryEntry | BulletinEntry | Refusal]


def finding_reader(policy: Policy, max_bytes: int) -> Reader:
    """Reads the findings topic: findings with their identity and cause, runs, rechecks."""
    places = places_of(policy)

    def read(record: Any, at: datetime) -> Input | Refusal:
        seen = read_seen(record.value, record.headers, at, max_bytes)
        if not isinstance(seen, DatedFinding):
            return seen
        finding = seen.finding
        facts = facts_json(finding)
        if isinstance(facts, Refusal):
            return facts
        check = finding.check
        rule = policy.rule(check)
        discriminator = discriminator_of(rule.discriminator, finding.evidence, places)
        identity = identify(finding.asset_id, check, finding.locator, discriminator, finding.fingerprint, places)
        return Observation(finding, identity, facts, seen.at, cause_of(rule, finding, places))

    return read


def command_reader(
    max_bytes: int,
    policy: Policy | None = None,
    keys: Mapping[str, CommandKey] | None = None,
    page_keys: Callable[[], Mapping[str, CommandKey]] = dict,
) -> Reader:
    """Reads the commands topic; with `keys` commands must be signed, and be what the pack allows (O-6, O-7).

    What a page's key has signed is held to its role also where others need not sign.
    """

    def read(record: Any, at: datetime) -> Command | Refusal:
        message = read_command(record.value, record.headers, at, max_bytes)
        if policy is None or isinstance(message, Refusal):
            return message
        known = {**page_keys(), **(keys or {})}
        if not keys and signer(record.headers) not in known:
            return message
        return verified(message, record.value, record.headers, known, policy.commands)

    return read


def read_all(records: Sequence[Any], reader: Reader, at: datetime) -> tuple[list[Read], dict[int, Exception]]:
    """Every record of a batch, in order; and by their place the faults of those that cannot be read."""
    try:
        return [
            Read(record, _unread(records, place) if type(record.value) is UnreadBatch else reader(record, at))
            for place, record in enumerate(records)
        ], {}
    except Exception:  # noqa: BLE001 - a fault of ours in one of them: which?
        return _one_by_one(records, reader, at)


def _one_by_one(records: Sequence[Any], reader: Reader, at: datetime) -> tuple[list[Read], dict[int, Exception]]:
    reads: list[Read] = []
    faults: dict[int, Exception] = {}
    for place, record in enumerate(records):
        try:
            content = _unread(records, place) if type(record.value) is UnreadBatch else reader(record, at)
        except Exception as error:  # noqa: BLE001 - see above
            faults[place] = error
            content = Refusal("internal_error", "it cannot be read")
        reads.append(Read(record, content))
    return reads, faults


def _unread(records: Sequence[Any], place: int) -> Refusal:
    """I-7: a record that stands for a batch which does not fit: its dead letter names what was in it."""
    record, before = records[place], records[place - 1] if place else None
    code, words = record.value.unfit
    if record.value.first is None:  # an old message set does not say where it begins
        same = before is not None and (before.topic, before.partition) == (record.topic, record.partition)
        record.value.first = before.offset + 1 if before is not None and same else record.offset
    return Refusal(code, f"batch: offsets {record.value.first} to {record.offset}: {words}")


def sort(reads: Sequence[Read]) -> Sorted:
    """In one walk, each pile in the order of the reads."""
    into = Sorted([], [], [], [], [])
    for record, content in reads:
        if isinstance(content, Refusal):
            into.refused.append((record, content))
        elif isinstance(content, RegistryEntry):
            into.entries.append(content)
        elif isinstance(content, BulletinEntry):
            into.bulletins.append(content)
        else:
            into.records.append(record)
            into.inputs.append(content)
    return into


def source_of(content: object) -> str:
    """Who sent what was taken; empty where it does not say."""
    if isinstance(content, Observation):
        return content.finding.source or ""
    if isinstance(content, Run | Recheck):
        return content.source or ""
    return content.by if isinstance(content, Command) else ""
