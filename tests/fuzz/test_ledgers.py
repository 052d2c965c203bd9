"""What the fuzz has accepted is committed by both real databases, and comes out of both as the same messages."""

from __future__ import annotations

import itertools
import json
from types import SimpleNamespace
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from streams.rules.state.records import OutMessage
from tests.fuzz.hostile import cases
from tests.fuzz.ledgers import Offices
from tests.fuzz.messages import AT, TOPICS, placed, records
from tests.fuzz.outgoing import as_document, judge_messages, published
from tests.fuzz.test_messages import READERS

BATCH: Final = 8
FAULTS: Final = {"message_undecidable", "set_aside", "due_work_stands", "partition_taken_over", "offsets_missing"}
_numbers = itertools.count(1)


def record(topic: str, key: bytes | None = None, **fields: Any) -> SimpleNamespace:
    """A good message."""
    value = json.dumps(fields).encode()
    return SimpleNamespace(topic=topic, partition=0, offset=0, key=key, value=value, headers=(), timestamp=0)


def finding(site: str) -> SimpleNamespace:
    """A problem of its own."""
    return record(TOPICS.findings, asset_id=site, check="text.typo", observed_at=AT, locator="https://a.gov.cn/x")


def same(both: list[list[OutMessage]]) -> list[OutMessage]:
    """What one of them published, once it is what the other published too."""
    first, second = both
    assert published(first) == published(second)
    judge_messages(first)
    return first


def opened(messages: list[OutMessage]) -> dict[str, str]:
    """By asset: the number of the ticket that was opened for it."""
    documents = [as_document(m) for m in messages if m.topic == TOPICS.tickets]
    return {str(document["asset_id"]): str(document["ticket_id"]) for document in documents}


@cases(40, 0.1, batch=BATCH)
@given(st.lists(records(), min_size=1, max_size=BATCH))
def test_both_databases_hold_it(offices: Offices, batch: list[SimpleNamespace]) -> None:
    """Committed, published alike, escalated 45 days long, written to people; a neighbour in the same fetch opens."""
    number = next(_numbers)
    site, neighbour = f"site{number}", f"near{number}"
    contact = {"name": "王五", "email": "wang@unit.gov.cn", "phone": "13800000001"}
    with capture_logs() as logs:
        before = [
            record(TOPICS.registry, f"unit:{site}".encode(), unit_id=site, name="某局", contacts=[contact]),
            record(
                TOPICS.registry, f"asset:{site}".encode(), asset_id=site, name="某网站", kind="website", unit_id=site
            ),
            finding(site),
        ]
        ticket_id = opened(same(offices.take(before, READERS)))[site]
        middle = len(batch) // 2
        hostile = [placed(one, site, ticket_id) for one in batch]
        messages = same(offices.take([*hostile[:middle], finding(neighbour), *hostile[middle:]], READERS))
        assert neighbour in opened(messages)
        same(offices.later())
        first, second = offices.told()
    assert first == second
    assert [line for line in logs if line["event"] in FAULTS or line["log_level"] == "error"] == []
