"""Messages that fail for their own sake, and what only looks like it (O-14), on both databases."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from schemas.topics import Topics
from streams.clock import Clock
from streams.kafka.consuming.faust_app import SeekBack
from streams.kafka.consuming.fetches import Fetch
from streams.kafka.publisher import Publisher
from streams.ledger import AlreadyThere, Ledger, LedgerError, LedgerUnavailable, TransactionEnded
from streams.rules.state.inputs import Observation
from streams.worker.faults import ENDED, FROM_ONE, FROM_SEVERAL, TAKEN
from streams.worker.intake.batch_processor import BatchProcessor
from streams.worker.intake.bisecting import PoisonRecord
from streams.worker.intake.reading import finding_reader
from streams.worker.metrics import Metrics
from streams.worker.relay import Relay
from tests.support.ledger import REGISTRY
from tests.support.world import MAX_BYTES, POLICY

TOPIC = Topics().findings
READ = finding_reader(POLICY, MAX_BYTES)

Reader = Callable[[Any, datetime], Any]


class OneDesk:
    """A desk, and what it has decided; `restart` makes another one on the same ledger."""

    def __init__(self, ledger: Any) -> None:
        self.ledger = ledger
        self.restart()

    def restart(self) -> None:
        """What a supervisor does after exit code 70."""
        self.relay = Relay(self.ledger, cast("Publisher", None), Clock(), Topics())
        self.processor = BatchProcessor(self.ledger, self.relay, Clock(), POLICY, Topics(), REGISTRY, Metrics())

    async def take(self, fetches: Sequence[Fetch], reader: Reader) -> tuple[list[int], int]:
        """The offsets that became dead letters for a fault of ours, and how many tickets were opened."""
        self.relay._queue._maxsize = 10_000  # type: ignore[attr-defined]  # nobody publishes here
        with capture_logs():
            await self.processor.take(fetches, reader)
        messages: list[Any] = []
        while not self.relay._queue.empty():
            messages += self.relay._queue.get_nowait().messages
        headers = [dict(message.headers) for message in messages if message.topic == Topics().dead_letters]
        assert {header["rectify-error"] for header in headers} <= {b"internal_error"}
        odd = sorted(int(header["rectify-origin-offset"]) for header in headers)
        return odd, sum(message.topic == Topics().tickets for message in messages)

    async def offsets(self) -> dict[tuple[str, int], int]:
        """How far the ledger is."""
        async with self.ledger.transaction() as tx:
            stored: dict[tuple[str, int], int] = await tx.offsets.all()
        return stored


def fetch(first: int, number: int, sources: Sequence[str] = ("one",), partition: int = 0) -> Fetch:
    """So many findings from this offset on, of these sources in turn, each of a place of its own."""
    records = [
        SimpleNamespace(
            topic=TOPIC,
            partition=partition,
            offset=offset,
            timestamp=offset,
            key=b"k",
            value=json.dumps(
                {
                    "asset_id": "a",
                    "check": "text.typo",
                    "locator": f"https://a.cn/{partition}/{offset}",
                    "observed_at": "2026-03-02T10:00:00+08:00",
                    "source": sources[offset % len(sources)],
                }
            ).encode(),
            headers=(),
        )
        for offset in range(first, first + number)
    ]
    return Fetch(TOPIC, partition, cast("Any", records))


def deciding(odd: Collection[int]) -> Reader:
    """What is read at these offsets no rule can digest: a word for a time."""

    def read(record: Any, at: datetime) -> Any:
        content = READ(record, at)
        assert isinstance(content, Observation)
        broken = content.finding.model_copy(update={"received_at": "yesterday"})
        return content._replace(finding=broken) if record.offset in odd else content

    return read


def storing(odd: Collection[int]) -> Reader:
    """What is read at these offsets the database does not take: a word for a key of sixteen bytes."""

    def read(record: Any, at: datetime) -> Any:
        content = READ(record, at)
        assert isinstance(content, Observation)
        broken = content.identity._replace(key=cast("bytes", "odd"))
        return content._replace(identity=broken) if record.offset in odd else content

    return read


def reading(odd: Collection[int], error: type[Exception] = RecursionError) -> Reader:
    """What stands at these offsets cannot even be read."""

    def read(record: Any, at: datetime) -> Any:
        if record.offset in odd:
            raise error
        return READ(record, at)

    return read


FAULTS = pytest.mark.parametrize("fault", [deciding, storing, reading])


@FAULTS
@pytest.mark.parametrize("odd", [{0}, {4}, {9}, {3, 4, 8}], ids=str)
async def test_an_odd_message_is_found_among_the_others(
    ledger: Ledger, fault: Callable[[Collection[int]], Reader], odd: set[int]
) -> None:
    """Wherever it stands and whatever fails for it: a dead letter, and its neighbours open their tickets."""
    one = OneDesk(ledger)
    assert await one.take([fetch(0, 10)], fault(odd)) == (sorted(odd), 10 - len(odd))
    assert await one.offsets() == {(TOPIC, 0): 10}


async def test_of_several_partitions(ledger: Ledger) -> None:
    """Each moves its offset; what is halved begins where the other half has ended."""
    one = OneDesk(ledger)
    fetches = [fetch(0, 3), fetch(0, 7, partition=1), fetch(0, 5, partition=2)]
    assert await one.take(fetches, storing({6})) == ([6], 14)
    assert await one.offsets() == {(TOPIC, 0): 3, (TOPIC, 1): 7, (TOPIC, 2): 5}


@FAULTS
async def test_a_dozen_of_one_producer_end_nothing(ledger: Ledger, fault: Callable[[Collection[int]], Reader]) -> None:
    """Alone in their fetch: a dozen dead letters, and the next fetch is decided."""
    one = OneDesk(ledger)
    assert await one.take([fetch(0, 12)], fault(range(12))) == (list(range(12)), 0)
    assert await one.take([fetch(12, 2)], READ) == ([], 2)


@pytest.mark.parametrize(
    ("fault", "sources", "number"),
    [
        (deciding, ("one",), FROM_ONE + 1),
        (deciding, ("one", "two"), FROM_SEVERAL + 1),
        (storing, ("one",), FROM_ONE + 1),
        (storing, ("one", "two"), FROM_SEVERAL + 1),
        (reading, ("one", "two"), FROM_ONE + 1),  # of what cannot be read nobody knows the source
    ],
)
async def test_a_bad_release_empties_no_topic(
    ledger: Ledger, fault: Callable[[Collection[int]], Reader], sources: Sequence[str], number: int
) -> None:
    """Where everything fails the process ends, however often: none of it is acknowledged, none is a dead letter."""
    one = OneDesk(ledger)
    for _ in range(2):
        with pytest.raises((PoisonRecord, LedgerError, RecursionError)):
            await one.take([fetch(0, number, sources)], fault(range(number)))
        assert await one.offsets() == {}
        assert one.relay._queue.empty()
        one.restart()


async def test_a_bad_release_where_messages_come_one_by_one(ledger: Ledger) -> None:
    """The ledger remembers how many have failed in a row; a worker that starts again does not begin anew."""
    one = OneDesk(ledger)
    for offset in range(FROM_ONE):
        assert await one.take([fetch(offset, 1)], deciding({offset})) == ([offset], 0)
        if offset % 20 == 0:
            one.restart()
    for _ in range(2):
        one.restart()
        with pytest.raises(PoisonRecord):
            await one.take([fetch(FROM_ONE, 1)], deciding({FROM_ONE}))
        assert await one.offsets() == {(TOPIC, 0): FROM_ONE}
    one.restart()
    assert await one.take([fetch(FROM_ONE, 1)], READ) == ([], 1)
    one.restart()
    assert await one.take([fetch(FROM_ONE + 1, 1)], deciding({FROM_ONE + 1})) == ([FROM_ONE + 1], 0)


async def test_what_is_decided_in_between_counts(ledger: Ledger) -> None:
    """Every other message fails, a hundred in all and of several producers: no row of failures, no end."""
    one = OneDesk(ledger)
    odd = set(range(0, 60, 2))
    assert await one.take([fetch(0, 60, ("one", "two"))], deciding(odd)) == (sorted(odd), 30)


@pytest.mark.parametrize("error", [MemoryError, OSError, TimeoutError])
async def test_memory_and_disk_are_no_messages_fault(ledger: Ledger, error: type[Exception]) -> None:
    """The process ends at once; nothing is a dead letter."""
    one = OneDesk(ledger)
    with pytest.raises(error):
        await one.take([fetch(0, 4)], reading({2}, error))
    assert await one.offsets() == {}


class Troubled:
    """A ledger whose transactions fail for these records, or for many records at once."""

    def __init__(self, ledger: Ledger, error: Exception, *, most: int, never: str | None = None) -> None:
        self._ledger = ledger
        self._error = error
        self._most = most
        self._never = never
        self.sizes: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """The real one, unless too much was to be saved in it."""
        async with self._ledger.transaction() as tx:
            before = {row[0] for row in await tx._session.rows("select locator from problems")}
            yield tx
            new = {row[0] for row in await tx._session.rows("select locator from problems")} - before
            if len(new) > self._most or any(place.endswith(f"/{self._never}") for place in new):
                raise self._error
            if new:
                self.sizes.append(len(new))


async def test_what_takes_too_long_together_commits_in_parts(ledger: Ledger) -> None:
    """PostgreSQL ends the transaction of a batch that computes for too long: half of it, and a quarter, hold."""
    troubled = Troubled(ledger, TransactionEnded("20 s"), most=6)
    one = OneDesk(troubled)
    assert await one.take([fetch(0, 20)], READ) == ([], 20)
    assert troubled.sizes == [5, 5, 5, 5]
    assert not one.processor.outage


@pytest.mark.parametrize(
    ("error", "times"), [(TransactionEnded("20 s"), ENDED), (AlreadyThere("key"), TAKEN)], ids=["ended", "taken"]
)
async def test_a_message_that_never_commits(ledger: Ledger, error: Exception, times: int) -> None:
    """Tried some times, for a machine may have stood still and a value been taken; then it is a dead letter."""
    one = OneDesk(Troubled(ledger, error, most=100, never="2"))
    assert await one.take([fetch(0, 5)], READ) == ([2], 4)
    assert times > 1


async def test_an_outage_makes_no_dead_letters(ledger: Ledger) -> None:
    """Without its database a batch is tried as it is until the worker is stopped."""
    one = OneDesk(Troubled(ledger, LedgerUnavailable("gone"), most=0))
    one.relay.give_up()
    with pytest.raises(SeekBack):
        await one.take([fetch(0, 5)], READ)
    assert await one.offsets() == {}
