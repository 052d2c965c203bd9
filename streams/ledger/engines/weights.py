"""How much text a transaction loads (O-16): 3,000 tickets of 50 problems with 64 KiB of evidence would be 10 GB."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from sys import getsizeof
from typing import Any, Final

from streams.rules.state.bounds import TooMuch

Row = Sequence[Any]


LOAD_BYTES: Final = 48 * 1024 * 1024  # as objects of ours
FIRST: Final = 200  # rows that are fetched before it is known how heavy they are
_FETCH_BYTES: Final = 8 * 1024 * 1024
_MOST: Final = 5_000


class Room:
    """What is left of it; without a limit, as long as nobody sets one."""

    def __init__(self) -> None:
        self.left: int | None = None

    def take(self, rows: Sequence[Row], places: Sequence[int]) -> int:
        """These rows are here, with texts at these places: how many more are to be fetched at once. Raises TooMuch."""
        size = sum([sum(map(getsizeof, map(itemgetter(place), rows))) for place in places])
        if self.left is not None:
            self.left -= size
            if self.left < 0:
                msg = f"more than {LOAD_BYTES} bytes of texts to be loaded at once"
                raise TooMuch(msg)
        return min(max(_FETCH_BYTES * len(rows) // max(size, 1), FIRST), _MOST)
