"""How much text a transaction loads (O-16): 3,000 tickets of 50 problems with 64 KiB of evidence would be 10 GB."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from sys import getsizeof
from typing import Any, Final

from streams.rules.state.bounds import TooMuch

Row = Sequence[Any]


LOAD_BYTES: Final = 32 * 1024 * 1024  # as objects of ours
FIRST: Final = 50  # rows that are fetched before it is known how heavy they are
_FETCH_BYTES: Final = 8 * 1024 * 1024
_MOST: Final = 5_000

Lighter = Callable[[Row], Row | None]
"""What stands for a row for which there is no room; None: it is left out."""


class Room:
    """What is left of it; without a limit, as long as nobody sets one."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.divisible = True
        self.abridged = False  # there was none for some of it

    def bound(self, *, divisible: bool) -> None:
        """Limits it: beyond that nothing is loaded, or where the work cannot be divided only what is light."""
        self.left, self.divisible, self.abridged = LOAD_BYTES, divisible, False

    def take(self, rows: Sequence[Row], places: Sequence[int], lighter: Lighter | None) -> tuple[Sequence[Row], int]:
        """These rows have come, with texts at these places: what is to be kept, and how many to fetch next.

        Raises TooMuch where the work can be divided.
        """
        size = sum([sum(map(getsizeof, map(itemgetter(place), rows))) for place in places])
        if self.left is not None:
            self.left -= size
            if self.left < 0 and self.divisible:
                msg = f"more than {LOAD_BYTES} bytes of texts to be loaded at once"
                raise TooMuch(msg)
            if self.left < 0 and lighter is not None:
                self.abridged = True
                rows = [light for light in map(lighter, rows) if light is not None]
        return rows, min(max(_FETCH_BYTES * len(rows) // max(size, 1), FIRST), _MOST)
