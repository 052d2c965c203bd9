"""What a producer's messages name that nobody knows: taken as it is, but often a slip, so it is said.

On the wire an unknown check gets the pack's default and an unknown field is kept. Whoever publishes a file hears of
both, with what was probably meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from schemas.base import Model
from schemas.finding import Finding
from schemas.policy import Policy
from schemas.recheck import Recheck
from schemas.run import Run

SHOWN: Final = 10  # of each
REMEMBERED: Final = 1_000  # of each: what a file may fill our memory with
_MEANT: Final[Mapping[str, tuple[str, ...]]] = {
    "locator": ("url", "uri", "link", "page", "path", "place", "location", "href", "位置", "网址", "链接", "页面"),
    "asset_id": ("asset", "site", "website", "account", "资产", "网站", "站点", "账号"),
    "check": ("rule", "rule_id", "code", "check_id", "检查项", "问题类型"),
    "observed_at": ("time", "timestamp", "date", "checked_at", "found_at", "检出时间", "时间"),
    "source": ("producer", "tool", "crawler", "来源"),
    "run_id": ("run", "scan_id", "job_id"),
    "evidence.target": ("target", "broken_link"),
    "evidence.http_status": ("http_status", "http_code", "status_code"),
    "evidence.word": ("word", "wrong_word", "错词"),
    "evidence.suggestion": ("suggestion", "fix", "建议"),
    "finished_at": ("ended_at", "end_time"),
    "started_at": ("start_time", "begin"),
}
_FIELDS: Final = {word: field for field, words in _MEANT.items() for word in words}


class Strangers:
    """Unknown checks and fields of a file, each with how many messages have it."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._names = {rule.name: code for code, rule in policy.checks.items()}
        self.checks: Counter[str] = Counter()
        self.fields: Counter[tuple[str, str]] = Counter()  # kind of message, field

    def see(self, message: Any) -> None:
        """Looks at a message that is good otherwise."""
        if isinstance(message, Finding):
            self._see_check(message.check)
        elif isinstance(message, Run):
            for check in message.checks:
                self._see_check(check)
        elif isinstance(message, Recheck) and message.check is not None:
            self._see_check(message.check)
        for field in message.extra:
            self._count(self.fields, (type(message).__name__.lower(), field))

    def said(self) -> Iterator[str]:
        """A sentence for each, those that occur most often first."""
        for check, many in self.checks.most_common(SHOWN):
            meant = self._code_meant(check)
            yield (
                f"检查项 {check}（{many} 条）不在规则包内，按缺省时限办理{f'；是否 {meant}？' if meant else ''}"
                f" · not a check of the pack, the default applies{f'; did you mean {meant}?' if meant else ''}"
            )
        for (kind, field), many in self.fields.most_common(SHOWN):
            meant = _field_meant(kind, field)
            yield (
                f"字段 {field}（{many} 条）不认识，仅原样保存{f'；是否 {meant}？' if meant else ''}"
                f" · unknown field, only kept{f'; did you mean {meant}?' if meant else ''}"
            )
        more = max(len(self.checks) - SHOWN, 0) + max(len(self.fields) - SHOWN, 0)
        if more:
            yield f"另有 {more} 种 · and {more} more kinds"

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "unknown_checks": [
                {"check": check, "messages": many, "meant": self._code_meant(check)}
                for check, many in self.checks.most_common()
            ],
            "unknown_fields": [
                {"type": kind, "field": field, "messages": many, "meant": _field_meant(kind, field)}
                for (kind, field), many in self.fields.most_common()
            ],
        }

    def _see_check(self, check: str) -> None:
        if check not in self._policy.checks:
            self._count(self.checks, check)

    def _count(self, counter: Counter[Any], what: Any) -> None:
        if what in counter or len(counter) < REMEMBERED:
            counter[what] += 1

    def _code_meant(self, check: str) -> str | None:
        if check in self._names:
            return self._names[check]
        plain = check.strip().lower().replace("-", ".").replace("_", ".")
        if plain in self._policy.checks:
            return plain
        turned = ".".join(reversed(plain.split(".")))  # dead-link is link.dead
        if turned in self._policy.checks:
            return turned
        near = get_close_matches(plain, self._policy.checks, n=1, cutoff=0.75)
        return near[0] if near else None


def _field_meant(kind: str, field: str) -> str | None:
    models: Mapping[str, type[Model]] = {"finding": Finding, "run": Run, "recheck": Recheck}
    known = models[kind].model_fields
    plain = field.strip().lower().replace("-", "_").replace(" ", "_")
    if plain in known:
        return plain
    meant = _FIELDS.get(plain)
    if meant is not None and (meant in known or (meant.startswith("evidence.") and "evidence" in known)):
        return meant
    near = get_close_matches(plain, known, n=1, cutoff=0.75)
    return near[0] if near else None
