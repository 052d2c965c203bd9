"""Portions of fetches: together they are the fetches, and within a partition each begins where the one before ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from streams.kafka.fetch import Fetch, portions

OFFSETS = {0: [12, 13, 17, 18, 25], 3: [0], 1: [7, 8, 9]}  # what is missing was compacted
TOTAL = 9


@pytest.mark.parametrize("most", range(1, TOTAL + 2))
@pytest.mark.parametrize(("before", "behind"), [(None, None), (2, 6)])
def test_portions(most: int, before: int | None, behind: int | None) -> None:
    """No record twice, none left out, no gap between two fetches of a partition; the ends are those of the fetch."""
    fetches = [
        Fetch(
            "t",
            partition,
            cast("Any", [SimpleNamespace(offset=offset) for offset in offsets]),
            None if before is None else offsets[0] - before,
            None if behind is None else offsets[-1] + behind,
        )
        for partition, offsets in OFFSETS.items()
    ]
    made = list(portions(fetches, most))
    sizes = [sum(len(fetch.records) for fetch in portion) for portion in made]
    assert sizes == [most] * (TOTAL // most) + [TOTAL % most] * (TOTAL % most > 0)
    assert all(fetch.records and fetch.topic == "t" for portion in made for fetch in portion)
    for fetch in fetches:
        mine = [one for portion in made for one in portion if one.partition == fetch.partition]
        assert [record.offset for one in mine for record in one.records] == OFFSETS[fetch.partition]
        assert [one.begin for one in mine] == [fetch.begin, *(one.end for one in mine[:-1])]
        assert mine[-1].end == fetch.end
