"""Messages as producers write them, and what intake makes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from schemas.finding import Finding
from streams.rules.intake.cloudevents import Headers
from streams.rules.intake.intake import Refusal, facts_json, read_finding

NOW = datetime(2026, 2, 13, 8, 0, tzinfo=UTC)
LIMIT = 1024 * 1024
FINDING: dict[str, Any] = {"asset_id": "kjj-site", "check": "link.dead", "observed_at": "2026-02-13T16:00:00+08:00"}
RUN: dict[str, Any] = {
    "type": "run",
    "asset_id": "kjj-site",
    "run_id": "r-1",
    "source": "checker",
    "status": "complete",
    "checks": ["link.dead"],
    "finished_at": "2026-02-13T16:00:00+08:00",
}
RECHECK: dict[str, Any] = {
    "type": "recheck",
    "asset_id": "kjj-site",
    "ticket_id": "ZG260213-ABCDEFGHIJ",
    "outcome": "absent",
    "observed_at": "2026-02-13T16:00:00+08:00",
}
COMMAND: dict[str, Any] = {
    "action": "acknowledge",
    "asset_id": "kjj-site",
    "ticket_id": "ZG260213-ABCDEFGHIJ",
    "by": "王芳",
    "at": "2026-02-13T16:00:00+08:00",
}


def body(base: dict[str, Any], **fields: Any) -> bytes:
    """Return a message with some fields changed."""
    return json.dumps({**base, **fields}, ensure_ascii=False).encode()


def raw(fields: str) -> bytes:
    """Return a finding with fields written as they are."""
    return f'{{"asset_id":"a","check":"link.dead","observed_at":"2026-02-13T16:00:00+08:00",{fields}}}'.encode()


def read(value: bytes | None, headers: Headers = ()) -> Any:
    """Return what the findings topic makes of a value."""
    return read_finding(value, headers, NOW, LIMIT)


def refused(value: bytes | None, headers: Headers = ()) -> Refusal:
    """Return the refusal of a finding, wherever on the way to the ledger it is refused."""
    message = read(value, headers)
    answer = facts_json(message) if isinstance(message, Finding) else message
    assert isinstance(answer, Refusal), answer
    return answer
