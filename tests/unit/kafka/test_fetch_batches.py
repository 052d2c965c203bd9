"""Batches of fetches: together they are the fetches, and within a partition each begins where the one before ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from streams.kafka.fetch import Fetch, batches

OFFSETS = {0: [12, 13, 17, 18, 25], 3: [0], 1: [7, 8, 9]}  # what is missing was compacted
TOTAL = 9


@pytest.mark.parametrize("most", range(1, TOTAL + 2))
@pytest.mark.parametrize(("before", "behind"), [(None, None), (2, 6)])
def test_batches(most: int, before: int | None, behind: int | None) -> None:
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
    made = list(batches(fetches, most))
    sizes = [sum(len(fetch.records) for fetch in part) for part in made]
    assert sizes == [most] * (TOTAL // most) + [TOTAL % most] * (TOTAL % most > 0)
    assert all(fetch.records and fetch.topic == "t" for part in made for fetch in part)
    for fetch in fetches:
        mine = [one for part in made for one in part if one.partition == fetch.partition]
        assert [record.offset for one in mine for record in one.records] == OFFSETS[fetch.partition]
        assert [one.begin for one in mine] == [fetch.begin, *(one.end for one in mine[:-1])]
        assert mine[-1].end == fetch.end
