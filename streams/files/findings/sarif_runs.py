"""What a SARIF log says about its run: whether it came to its end, and what it has looked at.

A run closes tickets, so it proves no more than the log says: success in every invocation, no error on the way, results
that are there, and the places that it was told to look at (artifacts with the role `analysisTarget`). Of anything less
it is told that the run has been, and nothing follows from its silence.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from streams.files.findings.sarif_run import SarifRun, a_dict, a_list, a_text

MOST_CHECKS: Final = 500
MOST_PLACES: Final = 10_000
_NOTIFICATIONS: Final = ("toolExecutionNotifications", "toolConfigurationNotifications")


class Judged(NamedTuple):
    """What was made of a run's results."""

    asset_id: str
    run_id: str
    found: int
    checks: tuple[str, ...]
    readable: bool  # every result could be read


def run_id(run: SarifRun, content: bytes) -> str:
    """The run's own id; of one that has none, or only says its category (`nightly/`), the file's (3.17.3)."""
    details = a_dict(run.run.get("automationDetails"))
    own = a_text(details.get("guid")) or a_text(details.get("id"))
    if own and not own.endswith("/"):
        return own[:256]
    return f"{own[:200]}sarif-{blake2b(content, digest_size=8).hexdigest()}"


def span(run: SarifRun, at: datetime) -> tuple[str | None, str]:
    """When it began, where it says so, and when it ended."""
    begun = [time for call in run.invocations if (time := _time(call.get("startTimeUtc")))]
    ended = [time for call in run.invocations if (time := _time(call.get("endTimeUtc")))]
    end = max(ended) if ended else at
    start = min(begun) if begun and min(begun) <= end else None
    return None if start is None else start.isoformat(), end.isoformat()


def run_message(run: SarifRun, judged: Judged, at: datetime) -> tuple[dict[str, Any] | None, str]:
    """The run as a message, if it can be one, and a sentence about it."""
    if not run.invocations:
        return (
            None,
            "没有 invocations，不发布巡检 · no `invocations`: no run is published, nothing closes by its silence",
        )
    if not run.name:
        return None, "没有工具名，不发布巡检 · no name of a tool: no run is published"
    checks = tuple(dict.fromkeys((*run.rules(), *judged.checks)))
    places = run.targets()
    status, reason = _status(run, judged, places)
    if status != "failed" and not checks:
        return None, "没有规则，不发布巡检 · no rules: no run is published"
    if len(checks) > MOST_CHECKS or len(places) > MOST_PLACES:
        return None, f"规则或位置过多，不发布巡检 · {len(checks)} rules, {len(places)} places: no run is published"
    start, end = span(run, at)
    message = {
        "type": "run",
        "asset_id": judged.asset_id,
        "run_id": judged.run_id,
        "source": run.name,
        "status": status,
        "started_at": start,
        "finished_at": end,
        "checks": checks,
        "locators": places if status == "complete" else None,
        "found": judged.found,
    }
    return {name: value for name, value in message.items() if value is not None}, f"{status}: {reason}"


def _status(run: SarifRun, judged: Judged, places: list[str]) -> tuple[str, str]:
    calls = run.invocations
    if any(call.get("executionSuccessful") is False or _broken(call) for call in calls):
        return "failed", "工具未正常结束 · the tool did not come to its end"
    if not isinstance(run.run.get("results"), list):
        return "failed", "没有 results · there are no `results`"
    if not all(call.get("executionSuccessful") is True for call in calls):
        return (
            "partial",
            "未写明是否正常结束，不作为销号依据 · it does not say whether it came to its end; closes nothing",
        )
    if any(_errors(call) for call in calls):
        return "partial", "运行中有错误，不作为销号依据 · there were errors on the way; closes nothing"
    if not judged.readable:
        return "partial", "有结果不可读，不作为销号依据 · some results cannot be read; closes nothing"
    if not places:
        said = "it does not say what it looked at (artifacts with the role `analysisTarget`); closes nothing"
        return "partial", f"未写明检查了哪些位置，不作为销号依据 · {said}"
    return "complete", f"检查了 {len(places)} 处 · {len(places)} places were looked at"


def _broken(call: dict[str, Any]) -> bool:
    return any(call.get(name) for name in ("processStartFailureMessage", "exitSignalName", "exitSignalNumber"))


def _errors(call: dict[str, Any]) -> bool:
    said = (one for name in _NOTIFICATIONS for one in map(a_dict, a_list(call.get(name))))
    return any(a_text(one.get("level")).lower() == "error" for one in said)


def _time(value: object) -> datetime | None:
    text = a_text(value).strip()
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo is not None else datetime.fromisoformat(f"{text}Z")  # it is UTC by its name
    except ValueError:
        return None
