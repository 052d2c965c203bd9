"""SARIF logs become findings."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import orjson
import pytest

from streams.cli.failure import Failure
from streams.cli.sarif import sarif_results

NOW = datetime(2026, 2, 13, 8, tzinfo=UTC)


def _findings(*results: dict[str, Any], **run: Any) -> list[dict[str, Any]]:
    driver = {"name": "pa11y", "rules": [{"id": "footer.missing"}]}
    log = {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results), **run}]}
    return [orjson.loads(entry.value) for entry in sarif_results(BytesIO(orjson.dumps(log)), "www", NOW)]


def test_a_result_is_a_finding() -> None:
    """Rule, place, line, message and level have their fields; the run gives source, id and time."""
    place = {"artifactLocation": {"uri": "https://www.example.gov.cn/a"}, "region": {"startLine": 12}}
    result = {
        "ruleId": "link.dead",
        "level": "error",
        "message": {"text": "打不开"},
        "locations": [{"physicalLocation": place}],
    }

    found = _findings(result, automationDetails={"id": "r-7"}, invocations=[{"endTimeUtc": "2026-02-12T00:00:00Z"}])

    assert found == [
        {
            "asset_id": "www",
            "check": "link.dead",
            "observed_at": "2026-02-12T00:00:00Z",
            "locator": "https://www.example.gov.cn/a:12",
            "source": "pa11y",
            "run_id": "r-7",
            "severity": "critical",
            "detail": "打不开",
        }
    ]


def test_defaults_of_the_standard() -> None:
    """Without a level it is a warning; a rule may be named by its index; without a time it is now."""
    (found,) = _findings({"ruleIndex": 0, "message": {"text": "x"}})

    assert found == {
        "asset_id": "www",
        "check": "footer.missing",
        "observed_at": NOW.isoformat(),
        "locator": "",
        "source": "pa11y",
        "severity": "major",
        "detail": "x",
    }


def test_what_is_no_failure_is_left_out() -> None:
    """Passed, suppressed and vanished results are no findings."""
    message = {"text": "x"}

    assert not _findings(
        {"ruleId": "a.b", "message": message, "kind": "pass"},
        {"ruleId": "a.b", "message": message, "suppressions": [{"kind": "external"}]},
        {"ruleId": "a.b", "message": message, "baselineState": "absent"},
    )


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"runs":[{"results":[{}]}]}', b'{"runs":3}'])
def test_anything_else_is_no_sarif(text: bytes) -> None:
    """A file of another kind ends in one sentence."""
    with pytest.raises(Failure, match="not a SARIF"):
        list(sarif_results(BytesIO(text), "www", NOW))
