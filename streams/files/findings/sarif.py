"""SARIF 2.1.0, what most checkers write: one finding for each result that is a failure, and what the run was.

Identity: the result's `fingerprints`, otherwise its `partialFingerprints`, otherwise its `correlationGuid`; then the
rule, the place and the words there. Line numbers are evidence: they move by themselves (appendix B). A result that
names no more than a page is identified as any other finding (D-1). What the tool calls the same is one finding, which
counts its places; of results that look the same the second and third are told apart by their order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, BinaryIO, Final, NamedTuple

import orjson

from schemas.base import LOCATOR_LIMIT, TEXT_LIMIT
from streams.files.faults import FileError, FileFault
from streams.files.findings.files import FileMessage, decoded
from streams.files.findings.sarif_run import ResultPlace, SarifRun, a_dict, a_list, a_text
from streams.files.findings.sarif_runs import Judged, run_id, run_message, span

SEVERITY: Final = {"error": "critical", "warning": "major", "note": "minor", "none": "minor"}
MOST: Final = 64 * 1024 * 1024  # bytes
_NO_FAILURE: Final = {"pass", "notapplicable", "open", "review", "informational"}  # 3.27.9
_ACCEPTED: Final = {"", "accepted"}  # of a suppression; 3.35.3
_VERSION: Final = re.compile(r"(.*)/v(\d+)")
_SAME: Final = {"fingerprints", "guid"}  # by these the tool itself says which results are one
_LINE: Final = re.compile(r"(\b(?:lines?|columns?|col)\b|第|:)\s*\d+(?::\d+)*", re.IGNORECASE)
_LISTED: Final = 100  # lines and further places in the evidence
_SHOWN: Final = 2_000  # characters of a snippet


class _Numbered(NamedTuple):
    """A finding, and which result it was made of."""

    number: int
    place: str
    finding: dict[str, Any]


@dataclass(slots=True)
class SarifLog:
    """A log on its way: the findings of an asset, and what there is to say about the rest of it.

    `at` stands in for a run that does not say when it ended.
    """

    content: bytes
    asset_id: str
    at: datetime
    left_out: Counter[str] = field(default_factory=Counter)  # by reason
    repeated: int = 0  # results that are further places of a problem
    without_rule: int = 0  # results whose check is the tool itself
    runs: list[str] = field(default_factory=list)  # what is said of each run

    @classmethod
    def read(cls, stream: BinaryIO, asset_id: str, at: datetime, max_bytes: int = MOST) -> SarifLog:
        """The file, which is read as a whole."""
        content = stream.read(max_bytes + 1)
        if len(content) > max_bytes:
            msg = f"larger than {max_bytes} bytes (RECTIFY_MAX_FILE_BYTES); split it, or publish it as JSON Lines"
            raise FileError(FileFault(reason=msg))
        return cls(content, asset_id, at)

    def entries(self) -> Iterator[FileMessage]:
        """Findings and runs, numbered by the results' place in the log; a bad one is named and costs nothing else."""
        number = 0
        for index, run in enumerate(self._log()):
            place = f"runs[{index}]"
            results = run.get("results") if isinstance(run, dict) else 0
            if not isinstance(results, list | None):
                yield FileMessage(
                    number + 1,
                    b"",
                    place=place,
                    fault="不是一次运行（对象，含 results 列表） · no run: an object with a list of `results`",
                )
                continue
            yield from self._run(SarifRun(run), place, number)
            number += len(results or ())

    def _log(self) -> list[Any]:
        try:
            document = orjson.loads(decoded(self.content))
        except ValueError as error:
            msg = f"不是 SARIF 2.1.0 · not a SARIF 2.1.0 log: not JSON ({error})"
            raise FileError(FileFault(reason=msg)) from None
        runs = document.get("runs", 0) if isinstance(document, dict) else 0
        if not isinstance(runs, list | None):
            msg = "不是 SARIF 2.1.0 · not a SARIF 2.1.0 log: an object with a list of `runs` is expected"
            raise FileError(FileFault(reason=msg))
        version = document.get("version", "2.1.0")
        if not str(version).startswith("2.1"):
            msg = f"不是 SARIF 2.1.0 · not a SARIF 2.1.0 log: its version is {version}; convert it first"
            raise FileError(FileFault(reason=msg))
        if not runs:
            self.runs.append("日志中没有运行 · the log has no runs")
        inline = {
            a_text(part.get("runGuid")): part for part in map(a_dict, a_list(document.get("inlineExternalProperties")))
        }
        return [_with_inline(run, inline) for run in runs or ()]

    def _run(self, run: SarifRun, place: str, before: int) -> Iterator[FileMessage]:
        outside = a_list(a_dict(run.run.get("externalPropertyFileReferences")).get("results"))
        if outside:
            uris = ", ".join(run.uri(a_dict(a_dict(one).get("location"))) or "?" for one in outside)
            fault = f"结果在外部文件，未读 · its results stand in other files, which are not read: {uris}"
            yield FileMessage(before + 1, b"", place=f"{place}.externalPropertyFileReferences", fault=fault)
        name = run_id(run, self.content)
        groups: dict[tuple[str, ...], list[_Numbered]] = {}
        bad = 0
        for index, result in enumerate(a_list(run.run.get("results"))):
            number, where = before + index + 1, f"{place}.results[{index}]"
            fault = "" if isinstance(result, dict) else "不是一个结果（对象） · no result: an object is expected"
            if not fault and (reason := _left_out(result)):
                self.left_out[reason] += 1
                continue
            parts, finding = ((), {}) if fault else self._finding(run, result, name)
            if not fault and not finding["check"]:
                fault = "既没有规则（ruleId）也没有工具名 · neither a rule (`ruleId`) nor the name of a tool"
            if fault:
                bad += 1
                yield FileMessage(number, b"", place=where, fault=fault)
            else:
                groups.setdefault((finding["check"], *parts), []).append(_Numbered(number, where, finding))
        found = [one for parts, group in groups.items() for one in self._told_apart(run, parts, group)]
        for one in sorted(found):
            yield FileMessage(one.number, orjson.dumps(one.finding), place=one.place)
        checks = tuple(one.finding["check"] for one in found)
        judged = Judged(self.asset_id, name, len(found) + bad, checks, not bad and not outside)
        message, said = run_message(run, judged, self.at)
        self.runs.append(f"{place}: {said}")
        if message is not None:
            yield FileMessage(before + 1, orjson.dumps(message), place=place)

    def _told_apart(self, run: SarifRun, parts: tuple[str, ...], group: list[_Numbered]) -> list[_Numbered]:
        """What the tool calls the same is one finding; of what only looks the same each is one, by its order."""
        kind = parts[1]
        if kind in _SAME:
            self.repeated += len(group) - 1
            for other in group[1:]:
                _join(group[0].finding, other.finding)
            group = group[:1]
        for n, one in enumerate(sorted(group, key=lambda one: (str(one.finding.get("detail")), one.number))):
            if kind != "page" or n:
                one.finding["fingerprint"] = "sarif-" + _digest(run.name, *parts, *([str(n + 1)] if n else []))
        return group

    def _finding(self, run: SarifRun, result: dict[str, Any], name: str) -> tuple[tuple[str, ...], dict[str, Any]]:
        rule = run.rule(result)
        check = run.check(result, rule)
        if rule is None and not a_text(result.get("ruleId")) and not a_text(a_dict(result.get("rule")).get("id")):
            self.without_rule += 1
        text = run.text(result.get("message"), rule)
        places = run.places(result)
        finding = {
            "asset_id": self.asset_id,
            "check": check,
            "observed_at": span(run, self.at)[1],
            "locator": places[0].uri or places[0].logical,
            "source": run.name or None,
            "run_id": name,
            "severity": SEVERITY.get(run.level(result, rule)),
            "detail": _cut(text, TEXT_LIMIT) or None,
            "evidence": _evidence(result, places, text),
        }
        return _identity(result, places, text), {
            key: value for key, value in finding.items() if value not in (None, {})
        }


def _left_out(result: Mapping[str, Any]) -> str:
    kind = a_text(result.get("kind")).lower()
    if kind in _NO_FAILURE:
        return kind
    if result.get("baselineState") == "absent":
        return "absent"
    said = [a_text(one.get("status")) for one in map(a_dict, a_list(result.get("suppressions")))]
    return "suppressed" if said and all(status in _ACCEPTED for status in said) else ""


def _identity(result: Mapping[str, Any], places: list[ResultPlace], text: str) -> tuple[str, ...]:
    """What a result is known by, within its tool and rule."""
    first = places[0]
    if said := _pairs(result.get("fingerprints")):
        return ("fingerprints", *said)
    if said := _pairs(result.get("partialFingerprints")):
        return ("partial", first.uri, first.logical, *said)
    if guid := a_text(result.get("correlationGuid")):
        return ("guid", guid.lower())
    if first.region or (first.uri and first.logical):
        return ("place", first.uri, first.logical, " ".join(first.snippet.split()) or _LINE.sub(r"\1", text))
    return ("page", first.uri or first.logical)


def _pairs(fingerprints: object) -> list[str]:
    """Name and value of each, in order of the names; of several versions of one the oldest, which stays the longest."""
    oldest: dict[str, tuple[int, str]] = {}
    for name, value in a_dict(fingerprints).items():
        match = _VERSION.fullmatch(name)
        base, version = (match[1], int(match[2])) if match else (name, 0)
        text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
        if text and (base not in oldest or version < oldest[base][0]):
            oldest[base] = (version, text)
    return [part for base in sorted(oldest) for part in (base, str(oldest[base][0]), oldest[base][1])]


def _digest(*parts: str) -> str:
    return blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _evidence(result: Mapping[str, Any], places: list[ResultPlace], text: str) -> dict[str, Any]:
    first = places[0]
    status = a_dict(result.get("webResponse")).get("statusCode")
    evidence = {
        "line": _number(first.region.get("startLine")),
        "column": _number(first.region.get("startColumn")),
        "snippet": _cut(first.snippet, _SHOWN) or None,
        "element": first.logical if first.uri and first.logical else None,
        "http_status": _number(status),
        # Of two on one page either may be the first tomorrow: what was judged of the one does not hold for the other.
        "content_hash": None if first.region else _digest(_LINE.sub(r"\1", text)),
        "places": len(places) if len(places) > 1 else None,
        "locations": [_said(place) for place in places[1 : _LISTED + 1]] or None,
    }
    return {name: value for name, value in evidence.items() if value is not None}


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _said(place: ResultPlace) -> str:
    line = place.region.get("startLine")
    where = _cut(place.uri or place.logical, LOCATOR_LIMIT // 8)
    return f"{where}:{line}" if line else where


def _join(finding: dict[str, Any], other: Mapping[str, Any]) -> None:
    """One problem, seen at one place more: counted, with its line and its words."""
    evidence, more = finding.setdefault("evidence", {}), a_dict(other.get("evidence"))
    evidence["places"] = evidence.get("places", 1) + more.get("places", 1)
    if "line" in more:
        lines = evidence.setdefault("lines", [evidence["line"]] if "line" in evidence else [])
        if len(lines) < _LISTED and more["line"] not in lines:
            lines.append(more["line"])
    text, detail = other.get("detail", ""), finding.get("detail", "")
    if text and text not in detail.split("\n") and len(detail) + len(text) < TEXT_LIMIT:
        finding["detail"] = f"{detail}\n{text}".strip("\n")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _with_inline(run: Any, inline: Mapping[str, dict[str, Any]]) -> Any:
    """With what stands in the log's `inlineExternalProperties` for it (3.13.5, 4.3)."""
    guid = a_text(a_dict(a_dict(run).get("automationDetails")).get("guid"))
    return {**inline[guid], **run} if guid and guid in inline else run
