"""How much of one key is taken at once, and how much a minute: a flood of one delays no other.

H-4  A key may have 128 requests and 32 MiB under way, and hand in 600,000 items a minute; what is beyond gets 429 and
     when to come again. One request of a key is read at a time, and a round of publishing has a share of every key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from streams.web.guard.rates import Rate
from streams.web.intake.posted import NotTaken

REQUESTS: Final = 128
BYTES: Final = 32 * 1024 * 1024
ITEMS_A_MINUTE: Final = 600_000
_TOO_MUCH: Final = 429


class Admission:
    """Counted by this process, for each key."""

    def __init__(self, items_a_minute: int = ITEMS_A_MINUTE) -> None:
        self._requests: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._items = Rate(items_a_minute)

    @contextmanager
    def request(self, key_id: str, size: int) -> Iterator[None]:
        """A request of this key and of so many bytes is under way. Raises NotTaken."""
        if self._requests[key_id] >= REQUESTS or (self._bytes[key_id] and self._bytes[key_id] + size > BYTES):
            detail = f"at most {REQUESTS} requests and {BYTES} bytes of a key are taken at once"
            raise NotTaken(_TOO_MUCH, "too_much_at_once", detail)
        self._requests[key_id] += 1
        self._bytes[key_id] += size
        try:
            yield
        finally:
            for counter, taken in ((self._requests, 1), (self._bytes, size)):
                counter[key_id] -= taken
                if not counter[key_id]:
                    del counter[key_id]

    def items(self, key_id: str, many: int) -> None:
        """So many items come with it. Raises NotTaken."""
        if not self._items.allows(key_id, many):
            raise NotTaken(_TOO_MUCH, "too_many_items", "more items a minute than a key may hand in")
