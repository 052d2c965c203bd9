"""How much a poll takes: aiokafka counts records alone, and 3,000 of them may be 3 GB."""

from __future__ import annotations

from typing import Any, Final, Self

from aiokafka.consumer.fetcher import FetchResult

POLL_BYTES: Final = 16 * 1024 * 1024  # unpacked, and read as JSON; the record that goes beyond is the last one
_RECORD: Final = 200  # bytes that a record costs beside its value
_HEADER: Final = 100  # and each of its headers
_SMALL: Final = 1_024  # bytes; what is larger may have many parts
_PART: Final = 64  # bytes that `{},` takes when it is read


class PollRoom:
    """In the place of aiokafka's number of records, which it counts down and compares with 0."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, records: int, size: int = POLL_BYTES) -> None:
        self.records = records
        self.size = size  # bytes

    def __isub__(self, records: int) -> Self:
        self.records -= records
        return self

    def __ge__(self, records: int) -> bool:
        return self.records >= records

    def __eq__(self, records: object) -> bool:
        return (self.records if self.size > 0 else 0) == records


class BoundedResult(FetchResult):  # type: ignore[misc]
    """What was fetched of a partition, handed out as far as there is room."""

    def getall(self, max_records: PollRoom | None = None) -> list[Any]:
        """Return the next records, and move the partition's position behind them."""
        if not isinstance(max_records, PollRoom):
            found: list[Any] = super().getall(max_records)
            return found
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        records, size = [], max_records.size
        waiting: Any = self._partition_records  # type: ignore[has-type]
        for record in waiting:
            records.append(record)
            size -= _RECORD + record.serialized_value_size + record.serialized_key_size
            if record.serialized_value_size > _SMALL:
                size -= _PART * record.value.count(b",")
            if record.headers:
                size -= _HEADER * len(record.headers) + sum(len(value or b"") for _, value in record.headers)
            if len(records) >= max_records.records or size <= 0:
                self._update_position()
                break
        else:
            self._update_position()
            self._partition_records = None
        max_records.size = size
        return records
