"""What is remembered of producers' texts is bounded by bytes: a cache of 4,096 entries is as large as its keys."""

import gc
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

import pytest

from schemas.addresses import wire_email
from streams.rules.deadlines.ladder import plan
from streams.rules.state import seen_runs
from streams.rules.state.sightings import sources, was_seen, with_run
from streams.rules.state.terms import Deadline, deadline_json, deadline_of, published_deadline
from streams.rules.state.text import to_json
from tests.support.ledger import REGISTRY, ticket
from tests.support.world import POLICY

WIDE = "\U0001f600" * 8_000  # 32 KB in memory, as long a `basis` as a message may have
AT = datetime(2026, 3, 2, tzinfo=UTC)
NUMBERS = count()


def named() -> str:
    """A long text that nobody has written before."""
    return f"{next(NUMBERS)}{WIDE}"


def deadline() -> Deadline:
    """Set by a notice that a producer describes at length."""
    return Deadline(AT, "link.dead", 3, "date", "CN", provisional=False, basis=named(), policy="default@1", given=True)


@pytest.mark.parametrize(
    "use",
    [
        lambda: with_run(to_json({named(): ["r"]}), "source", "run", 0),
        lambda: was_seen(to_json({named(): ["r"]}), "source", "run"),
        lambda: sources(to_json({named(): ["r"]})),
        lambda: seen_runs.with_run(to_json([named()]), "source\trun"),
        lambda: deadline_json(deadline()),
        lambda: deadline_of(ticket(1, "t", 1)._replace(deadline_json=deadline_json(deadline()))),
        lambda: published_deadline(ticket(1, "t", 1)._replace(deadline_json=deadline_json(deadline())), REGISTRY.zone),
        lambda: wire_email(f"{named()}@x.cn"),
        lambda: plan(POLICY, deadline(), AT, REGISTRY.calendar, REGISTRY.zone),
    ],
)
def test_long_texts_are_not_kept(use: Callable[[], object]) -> None:
    """200 texts of 32 KB and more, used once each, leave less than 2 MB behind; kept, they were 6 MB at least."""
    use()
    tracemalloc.start()
    try:
        for _ in range(200):
            use()
        gc.collect()
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < 2_000_000
