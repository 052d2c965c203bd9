"""What a table holds, as a number that is compared: how many rows, and a digest of them in any order."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import msgpack  # type: ignore[import-untyped]

_BYTES: Final = 16
_ALL: Final = (1 << 8 * _BYTES) - 1


class RowDigest:
    """Counts rows as they go by; memory does not grow with them."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0
        self._pack = msgpack.Packer().pack

    def add(self, row: Sequence[object]) -> None:
        """One more row: integers, texts, bytes, truth values, nothing."""
        self.rows += 1
        own = blake2b(self._pack(row), digest_size=_BYTES).digest()
        self._sum = (self._sum + int.from_bytes(own)) & _ALL  # a sum: rows that stand twice count twice

    @property
    def digest(self) -> str:
        """Equal for the same rows, whatever their order."""
        return f"{self._sum:0{2 * _BYTES}x}"
