"""How much text a transaction loads (O-16): 3,000 tickets of 50 problems with 64 KiB of evidence would be 10 GB."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from sys import getsizeof
from typing import Any, Final

from streams.rules.state.bounds import TooMuch

Row = Sequence[Any]

LOAD_BYTES: Final = 32 * 1024 * 1024  # as objects of ours
ALONE_BYTES: Final = 160 * 1024 * 1024  # for what cannot be divided: a run or an order about a whole asset
REST_BYTES: Final = 112 * 1024 * 1024  # of these: what remains for rows without their facts, of which there are many
FIRST: Final = 50  # rows that are fetched before it is known how heavy they are
_FETCH_BYTES: Final = 8 * 1024 * 1024
_MOST: Final = 5_000

Lighter = Callable[[Row], Row]
"""What stands for a row where there is no room for all of it."""


class Room:
    """What is left of it; without a limit, as long as nobody sets one."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.divisible = True
        self.is_full = False  # of some rows there are not all texts
        self._most = 0

    def bound(self, *, divisible: bool) -> None:
        """Limits it: beyond that nothing is loaded; what cannot be divided has rows without facts before."""
        self._most = LOAD_BYTES if divisible else ALONE_BYTES
        self.left, self.divisible, self.is_full = self._most, divisible, False

    @property
    def is_crowded(self) -> bool:
        """Whether there is more than is loaded where the work can be divided."""
        return self.is_full or (self.left is not None and self._most - self.left > LOAD_BYTES)

    def take(self, rows: Sequence[Row], places: Sequence[int], lighter: Lighter | None) -> tuple[Sequence[Row], int]:
        """These rows have come, with texts at these places: what is to be kept, and how many to fetch next.

        Raises TooMuch where it is more than there is room for.
        """
        size = kept = _weight(rows, places)
        if self.left is not None:
            if lighter is not None and not self.divisible and self.left - size < REST_BYTES:
                self.is_full = True
                rows = list(map(lighter, rows))
                kept = _weight(rows, places)
            self.left -= kept
            if self.left < 0:
                msg = f"it is about more than {self._most // 2**20} MiB of texts, which are not loaded at once"
                raise TooMuch(msg)
        return rows, min(max(_FETCH_BYTES * len(rows) // max(size, 1), FIRST), _MOST)


def _weight(rows: Sequence[Row], places: Sequence[int]) -> int:
    return sum([sum(map(getsizeof, map(itemgetter(place), rows))) for place in places])
