"""A recheck request says what to look for, so that a tool can look without knowing the ledger (R-40)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.recheck_request import RecheckRequest
from tests.support.world import World

PAGE = "https://kjj.gov.cn/a.html"


@pytest.mark.parametrize(
    ("check", "evidence", "sought"),
    [
        ("text.typo", {"word": "按装", "suggestion": "安装", "url": PAGE}, {"word": "按装", "url": PAGE}),
        ("link.dead", {"target": "https://x.cn/1", "http_status": 404}, {"target": "https://x.cn/1"}),
        ("column.stale", {"column_kind": "news", "stale_since": "2025-01-01"}, {}),
        ("footer.missing", {"missing": ["网站标识码"], "template": "/news/:id"}, {"template": "/news/:id"}),
    ],
)  # fmt: skip
def test_a_request_says_what_to_look_for(check: str, evidence: dict[str, Any], sought: dict[str, Any]) -> None:
    """R-40: the word, the target, the template, the page; not what was only seen beside it."""
    world = World("2026-03-02 10:00")
    seen = {"asset_id": "site", "check": check, "locator": PAGE, "observed_at": "2026-03-02T09:00:00+08:00"}
    world.send({**seen, "source": "crawler", "evidence": evidence})
    world.command(action="claim_fix", asset_id="site", ticket_id=world.ticket().ticket_id, measures="已更正")
    (request,) = world.published("rectify.recheck-requests")
    assert (request["evidence"], request["locator"]) == (sought, PAGE)
    RecheckRequest.model_validate_json(json.dumps(request))


def test_a_repeat_says_it_again() -> None:
    """R-32, R-40: by what the latest finding says."""
    world = World("2026-03-02 10:00")
    seen = {"asset_id": "site", "check": "text.typo", "locator": PAGE, "source": "crawler"}
    word = {"word": "按装"}
    world.send({**seen, "observed_at": "2026-03-02T09:00:00+08:00", "evidence": word})
    world.command(action="claim_fix", asset_id="site", ticket_id=world.ticket().ticket_id, measures="已更正")
    world.until("2026-03-10 10:00")
    first, repeat, *_ = world.published("rectify.recheck-requests")
    assert (repeat["repeats"], repeat["evidence"], first["evidence"]) == (first["request_id"], word, word)
