"""Dead letters of a batch: the original with its reason, or cut short where its producer sends too many (I-8).

What is counted of producers stands beside the partition's offset and moves with it: a crash counts nothing twice, and
nobody else counts there meanwhile. A batch in which nothing is refused, where nobody is watched, is not looked at.

O-17 Nothing answers a command that becomes a dead letter, so the ledger notes its id and the code of the reason, for
     the pages on which somebody waits; what is decided under the same id after all counts for more. It is forgotten
     with people's names (O-1). Of a letter that is cut short (I-8), and of a batch that cannot be read, nothing is
     noted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from schemas.topics import Topics
from streams.kafka.records.tolerant import UnreadBatch
from streams.ledger import Move, Transaction
from streams.log_events import event_log
from streams.rules.intake.dead_letter_limits import (
    UNNAMED,
    Limited,
    command_id_of,
    dead_letters_limited,
    occasion,
    producer_of,
    read,
    weigh,
    written,
)
from streams.rules.state.records import OutMessage
from streams.rules.state.refusals import Refusal, RefusalCode
from streams.rules.state.snapshot import Now
from streams.worker.intake.reading import Read, source_of
from streams.worker.metrics import Metrics

OURS: Final[RefusalCode] = "internal_error"  # the code of a fault of ours, which is no producer's

log = event_log(__name__)


@dataclass(slots=True)
class RefusedMessages:
    """What became of the refused messages of a batch."""

    letters: list[OutMessage] = field(default_factory=list)  # in the order of the messages
    events: list[OutMessage] = field(default_factory=list)  # about their producers
    codes: Counter[str] = field(default_factory=Counter)
    commands: list[tuple[str, str]] = field(default_factory=list)  # their ids and codes
    short: int = 0  # letters that are cut short
    began: list[Limited] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def account(self, topic: str, metrics: Metrics) -> None:
        """Counts and logs it, once it is committed."""
        for code, count in self.codes.items():
            metrics.dead_letters.labels(code).inc(count)
        metrics.dead_letters_cut.inc(self.short)
        for producer, code, watched in self.began:
            log.warning(
                "dead_letters_limited", topic=topic, source=producer, reason=watched.reason, code=code,
                refused=watched.refused, taken=watched.taken, hint="rectify dead-letters list",
            )  # fmt: skip
        for producer in self.ended:
            log.info("dead_letters_whole", topic=topic, source=producer)


async def refuse(
    tx: Transaction, topics: Topics, reads: Sequence[Read], moves: dict[int, Move], now: Now, zone: ZoneInfo
) -> RefusedMessages:
    """Makes the dead letters of some reads of one topic, and notes in the moves what is counted of their producers."""
    into = RefusedMessages()
    for partition, some in groupby(reads, lambda one: int(one.record.partition)):
        mine = list(some)
        known = read(moves[partition].refused_json)
        if not known and not any(isinstance(one.content, Refusal) for one in mine):
            continue
        weighed = weigh(known, _judged(mine), now.real)
        moves[partition] = moves[partition]._replace(refused_json=written(weighed.watched))
        is_cut = iter(weighed.short)
        for record, content in mine:
            if isinstance(content, Refusal):
                cut = content.code != OURS and next(is_cut)
                into.letters.append(dead_letter(topics, record, content, cut=cut))
                into.codes[content.code] += 1
                into.short += cut
                if not cut and record.topic == topics.commands and (command_id := _command_id(record)):
                    into.commands.append((command_id, content.code))
        into.began.extend(weighed.began)
        into.ended.extend(weighed.ended)
    if into.commands:
        await tx.refused_commands.add(into.commands, now.at)
    topic, at = reads[0].record.topic, now.at.astimezone(zone)
    for limited in sorted(into.began):  # in an order that is everybody's
        if await tx.marks.add(f"dead_letters_limited:{occasion(topic, limited, at)}"):
            into.events.append(dead_letters_limited(topics, topic, limited, at))
    return into


def _judged(reads: Sequence[Read]) -> Iterator[tuple[str, RefusalCode | None]]:
    """The producer of each message, and the code of its refusal; without those that failed for a fault of ours."""
    for record, content in reads:
        if not isinstance(content, Refusal):
            yield source_of(content), None
        elif content.code != OURS:
            is_batch = isinstance(record.value, UnreadBatch)
            yield UNNAMED if is_batch else producer_of(record.value, record.headers), content.code


def _command_id(record: Any) -> str:
    return "" if isinstance(record.value, UnreadBatch) else command_id_of(record.value, record.headers)


def dead_letter(topics: Topics, record: Any, refusal: Refusal, *, cut: bool = False) -> OutMessage:
    """The original, untouched, with the headers of the contract.

    Of a whole batch only its first and last offset, and of one that is cut short only where it came from, and why.
    """
    batch = record.value if isinstance(record.value, UnreadBatch) else None
    headers = (
        *(() if cut else record.headers),
        ("rectify-error", refusal.code.encode()),
        ("rectify-error-detail", refusal.detail.encode("utf-8", "replace")),
        ("rectify-origin-topic", record.topic.encode()),
        ("rectify-origin-partition", str(record.partition).encode()),
        ("rectify-origin-offset", str(record.offset if batch is None else batch.first).encode()),
    )
    if batch is not None:
        headers += (("rectify-origin-last-offset", str(record.offset).encode()),)
    if batch is not None or cut:
        return OutMessage(topics.dead_letters, None, b"", (*headers, ("rectify-truncated", b"true")))
    return OutMessage(topics.dead_letters, record.key, record.value, headers)
