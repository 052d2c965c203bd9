"""A batch on its way: what is done, how much is tried at once, and what nobody can digest (O-14).

What fails as a whole is tried in halves, down to the one record that is to blame; it becomes a dead letter
`internal_error`, in one transaction with what is decided around it. When too many fail in a row, nothing of them is
acknowledged, and the process ends. What is about more than fits in memory, alone too, is `too_large` (O-16): no fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Any, Final, NamedTuple

from streams.kafka.consuming.fetches import Fetch
from streams.kafka.fetch import cut
from streams.ledger import TransactionEnded
from streams.log_events import event_log
from streams.rules.intake.intake import Refusal
from streams.rules.state.bounds import TooMuch
from streams.worker.faults import of_a_row, of_all, root
from streams.worker.intake.reading import Read, source_of

_WORDS: Final = 500  # characters of a dead letter's detail

log = event_log(__name__)


class PoisonRecord(Exception):
    """No rule can digest this record."""

    def __init__(self, record: Any) -> None:
        super().__init__(f"{record.topic}[{record.partition}] {record.offset}")
        self.record = record


class BatchPart(NamedTuple):
    """What is tried at once; `in_a_row`: the sources of what has failed last, in a row, by the time it is committed."""

    fetches: list[Fetch]
    reads: list[Read]
    in_a_row: list[str]
    divisible: bool  # it can be tried in halves


class BatchBisector:
    """Of one batch; `before`: the sources of what had failed last, in a row, when it came."""

    def __init__(self, fetches: Sequence[Fetch], reads: list[Read], before: Sequence[str]) -> None:
        self._rest = list(fetches)  # not committed yet
        self._reads = reads
        self._before = before
        self._odd: dict[int, str] = {}  # place in the batch -> source
        self._begin = 0
        self._size = self._most = len(reads)  # records to be decided at once, besides those that are refused

    def __bool__(self) -> bool:
        """Whether anything is left to do."""
        return bool(self._rest)

    def next_part(self) -> BatchPart:
        """What is to be tried next."""
        end = self._end()
        reads = self._reads[self._begin : end]
        divisible = len(list(islice(filter(_is_live, reads), 2))) > 1
        return BatchPart(cut(self._rest, end - self._begin)[0], reads, self._in_a_row(end), divisible)

    def passed(self) -> None:
        """It is committed; more is tried next time."""
        end = self._end()
        self._rest = cut(self._rest, end - self._begin)[1]
        self._begin, self._size = end, min(2 * self._size, self._most)

    def failed(self, error: Exception) -> None:
        """It has failed: less is tried next time, or the record to blame is set aside. Raises what is everybody's."""
        live = [place for place in range(self._begin, self._end()) if _is_live(self._reads[place])]
        if isinstance(error, PoisonRecord):
            live = [place for place in live if self._reads[place].record is error.record]
        if not live or not of_a_row(error):
            raise error
        if len(live) == 1:
            self._set_aside(live[0], error)
            return
        self._size = len(live) // 2
        if isinstance(error, TransactionEnded | TooMuch):
            self._most = self._size  # what took too long together will do so again
        log.warning("batch_halved", topic=self._rest[0].topic, records=len(live), error=repr(root(error)))

    def unreadable(self, errors: Mapping[int, Exception]) -> None:
        """Some could not even be read, by their place; their reads are refusals already."""
        for place, error in errors.items():
            self._set_aside(place, error)

    def _set_aside(self, place: int, error: Exception) -> None:
        record, content = self._reads[place]
        if isinstance(cause := root(error), TooMuch):
            log.warning(
                "message_too_large", topic=record.topic, partition=record.partition, offset=record.offset,
                error=str(cause),
            )  # fmt: skip
            self._reads[place] = Read(record, Refusal("too_large", str(cause)))
            return
        self._odd[place] = _source(content)
        if not of_a_row(error) or of_all(self._in_a_row(place + 1)):
            raise error
        log.error(
            "message_undecidable", topic=record.topic, partition=record.partition, offset=record.offset, exc_info=error
        )
        words = f"no rule could digest it: {cause!r}"[:_WORDS]
        self._reads[place] = Read(record, Refusal("internal_error", words))

    def _in_a_row(self, end: int) -> list[str]:
        """What has failed last before this place, with nothing decided in between."""
        row: list[str] = []
        for place in range(end - 1, -1, -1):
            if place in self._odd:
                row.append(self._odd[place])
            elif _is_live(self._reads[place]):
                return row
        return [*row, *self._before]

    def _end(self) -> int:
        """Where the part ends: what is refused goes along with what is decided."""
        if self._size >= len(self._reads):
            return len(self._reads)
        live = 0
        for place in range(self._begin, len(self._reads)):
            live += _is_live(self._reads[place])
            if live > self._size:
                return place
        return len(self._reads)


def _is_live(read: Read) -> bool:
    return not isinstance(read.content, Refusal)


def _source(content: object) -> str:
    """Who sent it, as a short sign; empty where nobody knows."""
    name = source_of(content)
    return blake2b(name.encode(), digest_size=4).hexdigest() if name else ""
