"""SARIF 2.1.0, what most checkers write: one finding for each result that is a failure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO, Final

import orjson

from streams.cli.failure import Failure
from streams.cli.findings_files import Entry

SEVERITY: Final = {"error": "critical", "warning": "major", "note": "minor", "none": "minor"}
MOST: Final = 64 * 1024 * 1024  # bytes
DEFAULT_LEVEL: Final = "warning"  # SARIF 2.1.0, 3.27.10


def sarif_results(stream: BinaryIO, asset_id: str, at: datetime, max_bytes: int = MOST) -> Iterator[Entry]:
    """Findings of the asset, numbered by their place in the log; suppressed and passed results are left out.

    `at` stands in for a run that does not say when it ended.
    """
    content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        msg = f"larger than {max_bytes} bytes (RECTIFY_MAX_FILE_BYTES); split it, or publish it as JSON Lines"
        raise Failure(msg)
    try:
        runs = orjson.loads(content)["runs"]
        results = ((run, result) for run in runs for result in run.get("results") or ())
        for number, (run, result) in enumerate(results, 1):
            if _counts(result):
                yield Entry(number, orjson.dumps(_finding(run, result, asset_id, at)))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, IndexError) as error:
        msg = f"not a SARIF 2.1.0 log: {type(error).__name__}: {error}"
        raise Failure(msg) from None


def _counts(result: dict[str, Any]) -> bool:
    return (
        result.get("kind", "fail") == "fail"
        and result.get("baselineState") != "absent"
        and not result.get("suppressions")
    )


def _finding(run: dict[str, Any], result: dict[str, Any], asset_id: str, at: datetime) -> dict[str, Any]:
    driver = run["tool"]["driver"]
    rules = driver.get("rules") or []
    check = result.get("ruleId") or (result.get("rule") or {}).get("id") or rules[result["ruleIndex"]]["id"]
    ended = next((call["endTimeUtc"] for call in run.get("invocations") or () if call.get("endTimeUtc")), None)
    details = run.get("automationDetails") or {}
    finding = {
        "asset_id": asset_id,
        "check": check,
        "observed_at": ended or at.isoformat(),
        "locator": _locator(result),
        "source": driver["name"],
        "run_id": details.get("guid") or details.get("id"),
        "severity": SEVERITY.get(result.get("level", DEFAULT_LEVEL)),
        "detail": result["message"].get("text") or result["message"].get("markdown"),
    }
    return {name: value for name, value in finding.items() if value is not None}


def _locator(result: dict[str, Any]) -> str:
    places = result.get("locations") or [{}]
    place = places[0].get("physicalLocation") or {}
    uri = (place.get("artifactLocation") or {}).get("uri", "")
    line = (place.get("region") or {}).get("startLine")
    return f"{uri}:{line}" if uri and line else str(uri)
