"""Parts of a fetch: together they are the fetch, and each begins where the one before it ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from streams.kafka.fetch import Fetch

OFFSETS = [12, 13, 17, 18, 25]  # what is missing was compacted


@pytest.mark.parametrize("most", range(1, 7))
@pytest.mark.parametrize(("asked", "following"), [(None, None), (10, 31)])
def test_parts(most: int, asked: int | None, following: int | None) -> None:
    """No record twice, none left out, no gap between two parts; the ends are those of the fetch."""
    records = cast("Any", [SimpleNamespace(offset=offset) for offset in OFFSETS])
    fetch = Fetch("t", 1, records, asked, following)
    parts = list(fetch.parts(most))
    assert [record.offset for part in parts for record in part.records] == OFFSETS
    assert max(len(part.records) for part in parts) == min(most, len(OFFSETS))
    assert [part.begin for part in parts] == [fetch.begin, *(part.end for part in parts[:-1])]
    assert parts[-1].end == fetch.end
    assert {part[:2] for part in parts} == {("t", 1)}
