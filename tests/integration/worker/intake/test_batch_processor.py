"""The batch processor on a real ledger: a message that no rule can digest, a partition that jumps."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from schemas.topics import Topics
from streams.clock import Clock
from streams.kafka.consuming.faust_app import SeekBack
from streams.kafka.consuming.fetches import Fetch
from streams.kafka.publisher import Publisher
from streams.ledger import Conflict, Ledger, LedgerUnavailable
from streams.ledger.moments import from_micros
from streams.rules.state.inputs import Observation
from streams.rules.state.records import OutMessage
from streams.rules.state.snapshot import ChangeSet
from streams.worker.due_watch import DueWatch
from streams.worker.intake.batch_processor import BatchProcessor
from streams.worker.intake.reading import finding_reader
from streams.worker.intake.registrar import registry_reader
from streams.worker.metrics import Metrics
from streams.worker.relay import Done, Relay
from tests.support.ledger import REGISTRY, save
from tests.support.processors import ProcessorOnLedger, StillClock
from tests.support.world import MAX_BYTES, POLICY

READ = finding_reader(POLICY, MAX_BYTES)
TOPIC = Topics().findings


def a_desk(ledger: Ledger) -> tuple[BatchProcessor, Relay]:
    """A desk whose relay keeps what it is given: nothing is published here."""
    relay = Relay(ledger, cast("Publisher", None), Clock(), Topics())
    return BatchProcessor(ledger, relay, Clock(), POLICY, Topics(), REGISTRY, Metrics()), relay


def fetch(first: int, number: int, partition: int = 0) -> Fetch:
    """So many findings from this offset on, each of a place of its own."""
    places = 1_000 * partition
    records = [
        SimpleNamespace(
            topic=TOPIC,
            partition=partition,
            offset=offset,
            key=b"k",
            value=finding(places + offset),
            headers=(),
            timestamp=0,
        )
        for offset in range(first, first + number)
    ]
    return Fetch(TOPIC, partition, cast("Any", records))


def finding(number: int) -> bytes:
    """A finding of its own."""
    return json.dumps(
        {
            "asset_id": "a",
            "check": "text.typo",
            "locator": f"https://a.cn/{number}",
            "observed_at": "2026-03-02T10:00:00+08:00",
        }
    ).encode()


def poisoned(offsets: set[int]) -> Any:
    """A reader that hands out something no rule can digest at these offsets: a word for a time."""

    def read(record: Any, at: datetime) -> Any:
        content = READ(record, at)
        assert isinstance(content, Observation)
        broken = content.finding.model_copy(update={"received_at": "yesterday"})
        return content._replace(finding=broken) if record.offset in offsets else content

    return read


async def test_an_indigestible_message_holds_nobody_up(ledger: Ledger) -> None:
    """It goes to the dead letters as `internal_error`; its neighbours open their tickets."""
    processor, relay = a_desk(ledger)
    with capture_logs() as said:
        await processor.take([fetch(0, 5)], poisoned({2}))
    assert [line["event"] for line in said] == ["message_undecidable"]
    outgoing = await relay._queue.get()
    letters = [message for message in outgoing.messages if message.topic == Topics().dead_letters]
    opened = [message for message in outgoing.messages if message.topic == Topics().tickets]
    assert [dict(letter.headers)["rectify-error"] for letter in letters] == [b"internal_error"]
    assert letters[0].value == finding(2)
    assert len(opened) == 4


async def test_messages_that_were_written_long_ago_are_counted(ledger: Ledger) -> None:
    """Half a minute from being written to being decided is what is promised; without a time nobody knows."""
    processor, _ = a_desk(ledger)
    found = fetch(0, 4)
    written = processor.clock.now().real.timestamp() * 1_000
    for record, seconds in zip(found.records, (1, 31, 3_600), strict=False):
        record.timestamp = int(written - 1_000 * seconds)
    await processor.take([found], READ)
    assert processor.metrics.registry.get_sample_value("rectify_messages_late_total") == 2


async def test_a_replay_changes_nothing(ledger: Ledger) -> None:
    """Records below the stored offset are sliced away; a fetch that overlaps brings only what is new."""
    processor, relay = a_desk(ledger)
    await processor.take([fetch(0, 5)], READ)
    await processor.take([fetch(0, 5)], READ)
    await processor.take([fetch(3, 4)], READ)
    first, second = await relay._queue.get(), await relay._queue.get()
    assert relay._queue.empty()
    tickets = [m for m in (*first.messages, *second.messages) if m.topic == Topics().tickets]
    assert len(tickets) == len({m.key for m in tickets}) == 7


async def test_beside_due_work_a_fetch_is_taken_in_parts(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Due tickets need not wait for a long transaction; each part commits its offset, a replay changes nothing."""
    monkeypatch.setattr("streams.worker.intake.batch_processor.BESIDE_DUE_WORK", 3)
    processor, relay = a_desk(ledger)
    await processor.take([fetch(0, 4)], READ)
    processor.tickets_are_due = True
    await processor.take([fetch(2, 9)], READ)  # 2 to 4 in part replayed, 5 to 7, 8 to 10
    assert relay._queue.qsize() == 4
    opened = [m.key for _ in range(4) for m in relay._queue.get_nowait().messages if m.topic == Topics().tickets]
    assert len(opened) == len(set(opened)) == 11
    async with ledger.transaction() as tx:
        assert await tx.offsets.all() == {(TOPIC, 0): 11}
    assert processor.metrics.registry.get_sample_value("rectify_gaps_total") == 0


async def test_the_watch_tells_what_falls_due_in_a_moment(ledger: Ledger) -> None:
    """Before it is due, so that no long transaction is under way by then; and when it is done."""
    clock = StillClock("2026-03-02 12:00")
    worker = ProcessorOnLedger(ledger, clock)
    await worker.send(json.loads(finding(1)))
    async with ledger.transaction() as tx:
        ((due,),) = await tx._session.rows("select next_review_at from tickets")
    seen = []
    for seconds in (-3, -1, 0, 0):
        clock.set(from_micros(due) + timedelta(seconds=seconds))
        await worker.watch.once()
        seen.append(worker.processor.tickets_are_due)
    assert seen == [False, True, True, False]


async def test_a_jump_is_read_again_once_and_then_recorded(ledger: Ledger) -> None:
    """A fetch that begins beyond the stored offset: seek back; if the same jump comes again, it is a gap."""
    processor, _ = a_desk(ledger)
    await processor.take([fetch(0, 5)], READ)
    with pytest.raises(SeekBack) as request:
        await processor.take([fetch(9, 2)], READ)
    assert request.value.offsets == {(TOPIC, 0): 5}
    await processor.take([fetch(9, 2)], READ)
    async with ledger.transaction() as tx:
        assert await tx.offsets.all() == {(TOPIC, 0): 11}
    assert processor.metrics.registry.get_sample_value("rectify_gaps_total") == 4


async def test_partitions_of_a_poll_share_a_transaction(ledger: Ledger) -> None:
    """Fetches of three partitions are decided together; each moves its own offset, a replayed one is sliced away."""
    processor, relay = a_desk(ledger)
    await processor.take([fetch(0, 3, partition=1)], READ)
    await processor.take([fetch(0, 2), fetch(0, 3, partition=1), fetch(0, 4, partition=2)], READ)
    await processor.take([fetch(1, 2), fetch(2, 2, partition=1)], READ)
    batches = [relay._queue.get_nowait() for _ in range(3)]
    assert relay._queue.empty()
    opened = [[m.key for m in batch.messages if m.topic == Topics().tickets] for batch in batches]
    assert [len(keys) for keys in opened] == [3, 6, 2]
    assert len({key for keys in opened for key in keys}) == 11
    async with ledger.transaction() as tx:
        assert await tx.offsets.all() == {(TOPIC, 0): 3, (TOPIC, 1): 4, (TOPIC, 2): 4}


async def test_of_several_partitions_one_jumps(ledger: Ledger) -> None:
    """Only that one is read again; nothing of the batch is saved before the others are handed over once more."""
    processor, relay = a_desk(ledger)
    await processor.take([fetch(0, 1), fetch(0, 1, partition=1)], READ)
    with pytest.raises(SeekBack) as request:
        await processor.take([fetch(1, 1), fetch(5, 1, partition=1)], READ)
    assert request.value.offsets == {(TOPIC, 1): 1}
    assert relay._queue.qsize() == 1
    await processor.take([fetch(1, 1)], READ)
    await processor.take([fetch(2, 1), fetch(5, 1, partition=1)], READ)
    async with ledger.transaction() as tx:
        assert await tx.offsets.all() == {(TOPIC, 0): 3, (TOPIC, 1): 6}
    assert processor.metrics.registry.get_sample_value("rectify_gaps_total") == 4


async def test_a_unit_that_becomes_known_hears_of_what_is_open(ledger: Ledger) -> None:
    """A-4: the site's record came first; of two tickets one is closed by the time that the unit's record comes."""
    processor, _ = a_desk(ledger)
    site = {"asset_id": "a", "name": "市科技局网站", "kind": "website", "unit_id": "u"}
    unit = {"unit_id": "u", "name": "市科技局", "contacts": [{"name": "李值守", "email": "duty@a.gov.cn"}]}
    await processor.take([record(0, "asset:a", site)], registry_reader(MAX_BYTES))
    await processor.take([fetch(0, 2)], READ)
    gone = {**json.loads(finding(0)), "type": "recheck", "outcome": "absent"}
    value = json.dumps(gone).encode()
    looked = SimpleNamespace(topic=TOPIC, partition=0, offset=2, key=b"k", value=value, headers=(), timestamp=0)
    await processor.take([Fetch(TOPIC, 0, cast("Any", [looked]))], READ)
    await processor.take([record(1, "unit:u", unit)], registry_reader(MAX_BYTES))
    watch = DueWatch(processor)
    while await watch.once():
        pass
    later = processor.clock.now().at + timedelta(hours=1)
    async with ledger.transaction() as tx:
        due = await tx.notices.due(later, later, 10)
    (notice,) = [one for one in due.notices if one.kind == "opened"]
    assert notice.name == "李值守"
    assert due.tickets[notice.ticket_pk].status == "open"


def record(offset: int, key: str, document: dict[str, Any]) -> Fetch:
    """One record of the registry."""
    topic = Topics().registry
    one = SimpleNamespace(
        topic=topic,
        partition=0,
        offset=offset,
        key=key.encode(),
        value=json.dumps(document).encode(),
        headers=(),
        timestamp=0,
    )
    return Fetch(topic, 0, cast("Any", [one]))


class Busy:
    """A ledger whose first commit fails."""

    def __init__(self, ledger: Ledger, error: Exception) -> None:
        self._ledger = ledger
        self._errors = [error]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """The real one, or the error at its end."""
        async with self._ledger.transaction() as tx:
            yield tx
            if self._errors:
                raise self._errors.pop()


@pytest.mark.parametrize("error", [Conflict("busy"), LedgerUnavailable("gone")], ids=["conflict", "outage"])
async def test_a_batch_that_is_tried_again_still_deletes_what_was_published(ledger: Ledger, error: Exception) -> None:
    """Nobody else would: the worker holds its own chunks for sent."""
    chunks = await save(ledger, ChangeSet(outbox=[OutMessage("rectify.events", b"a", b"{}")]))
    processor, relay = a_desk(cast("Ledger", Busy(ledger, error)))
    relay.restore([Done(chunks, [], taken_over=False)])
    await processor.take([fetch(0, 1)], READ)
    async with ledger.transaction() as tx:
        assert (await tx.outbox.delete(chunks), await tx.outbox.count() > 0) == (0, True)
