"""The story as it happens: one line for each important happening, one for many that are alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.text import Text

from schemas.policy import Policy
from streams.demo.fates import ZONE
from streams.presentation.dates import listed_due, time_over, weekday
from streams.presentation.labels import ended_by
from streams.rules.state.event_words import STILL_THERE

SINGLE: Final = 2  # alike at one moment: so many are told one by one
LABEL: Final = 19  # cells
CHAPTER: Final = "chapter"
RECIPIENTS: Final = 2
NAMED: Final = 4  # names in a line that tells of many

STYLES: Final[Mapping[str, tuple[str, str]]] = {
    "opened": ("立单 opened", "cyan"),
    "run_settled": ("查重 dedup", "dim"),
    "seen_again": ("仍在 still there", "dim"),
    "warned": ("预警 warned", "yellow"),
    "acknowledged": ("签收 acknowledged", "blue"),
    "acknowledgement_expired": ("签收失效 lapsed", "yellow"),
    "reminded": ("提醒 reminded", "yellow"),
    "overdue": ("逾期 overdue", "red"),
    "urge": ("催办 urge", "bold red"),
    "supervise": ("督办 supervise", "bold white on red"),
    "bulletin": ("通报 bulletin", "bold white on magenta"),
    "asked": ("申请 asked", "blue"),
    "ask_refused": ("不同意 refused", "yellow"),
    "extended": ("延期 extended", "blue"),
    "fix_claimed": ("反馈 claimed", "blue"),
    "recheck_failed": ("复查未过 recheck", "yellow"),
    "reopened": ("重新打开 reopened", "bold red"),
    "closed": ("销号 closed", "green"),
    "dead_letter": ("死信 dead letter", "magenta"),
    "email": ("邮件 mail", "dim"),
    "sms": ("短信 sms", "dim"),
    "page": ("网页 page", "blue"),
}
NUMBER: Final = re.compile(r"（\d{6}-[0-9A-F]{4}）")  # of a ticket, in a subject
_LONG: Final[Mapping[str, str]] = {"email": "封 →", "sms": "条 →", "page": "次 ←"}
"""Told in one line, however much they say; and how many of them are counted."""
_QUIET: Final = frozenset(("recheck_requested", "problem_gone"))


def unsigned(text: str) -> str:
    """A short message without the sign that it begins with."""
    return text.partition("】")[2] if text.startswith("【") else text


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: about what, and in how few words."""

    at: datetime
    kind: str
    name: str  # of the asset, or the recipient
    words: str
    check: str = ""
    ticket_id: str | None = None
    repeats: int = 0  # problems that a run has found and that were known


def stamp(at: datetime) -> str:
    """`02-24（周五）09:00`."""
    local = at.astimezone(ZONE)
    return f"{local:%m-%d}（{weekday(local.weekday())}）{local:%H:%M}"


class Story:
    """Collects happenings, and prints those of a short while together."""

    def __init__(
        self, consoles: list[Console], policy: Policy, names: Mapping[str, str], check_of: Callable[[str], str]
    ) -> None:
        """`names` are the assets' names by id; `check_of` gives the check of a ticket."""
        self._consoles = consoles
        self._policy = policy
        self._names = names
        self._check_of = check_of
        self._waiting: list[Happening] = []

    def chapter(self, at: datetime, title: str) -> None:
        """A heading: what the outside world does."""
        self.add(Happening(at, CHAPTER, "", title))

    def hear(self, event: Mapping[str, Any]) -> None:
        """An event of the events topic."""
        kind = str(event["rung"] if event["type"] == "escalated" else event["type"])
        repeats = event["seen"] - event["new"] if kind == "run_settled" else 0
        if kind in _QUIET or (kind == "run_settled" and not repeats):
            return
        name = self._names.get(event["asset_id"], event["asset_id"])
        at, words = datetime.fromisoformat(event["at"]), self._words(kind, event)
        self.add(Happening(at, kind, name, words, event.get("check", ""), event["ticket_id"], repeats))

    def add(self, happening: Happening) -> None:
        """Keeps a happening until the flush that prints its time."""
        self._waiting.append(happening)

    def flush(self, until: datetime) -> None:
        """Prints what happened until then, alike with alike, in the order of time."""
        ready = sorted((one for one in self._waiting if one.at <= until), key=lambda one: (one.at, one.kind != CHAPTER))
        self._waiting = [one for one in self._waiting if one.at > until]
        groups: dict[str, list[Happening]] = {}
        for happening in ready:
            if happening.kind == CHAPTER:
                self._print_groups(groups)
                self._print(happening.at, "▌", "bold", happening.words, 0)
            else:
                groups.setdefault(happening.kind, []).append(happening)
        self._print_groups(groups)

    def _print_groups(self, groups: dict[str, list[Happening]]) -> None:
        for kind, group in groups.items():
            label, style = STYLES.get(kind, (kind, ""))
            if len(group) > SINGLE:
                self._print(group[0].at, label, style, self._many(kind, group), LABEL)
                continue
            for one in group:
                about = " · ".join(filter(None, (one.name, self._about(one), one.words)))
                self._print(one.at, label, style, about, LABEL, lines=1 if kind in _LONG else 2)
        groups.clear()

    def _print(self, at: datetime, label: str, style: str, text: str, width: int, lines: int = 2) -> None:
        """One happening: its time, its label, and its text in at most so many lines."""
        for console in self._consoles:
            start = Text.assemble((stamp(at), "dim"), "  ", (label, style))
            start.append(" " * (width - cell_len(label)))
            indent = start.cell_len + 1
            parts = chop_cells(text, max(console.width - indent, LABEL))
            if len(parts) > lines:
                parts = [*parts[: lines - 1], f"{parts[lines - 1][:-1]}…"]
            start.append(" ").append(parts[0] if parts else "", "bold" if not width else "")
            for part in parts[1:]:
                start.append("\n" + " " * indent).append(part, "bold" if not width else "")
            console.print(start, soft_wrap=True)

    def _about(self, one: Happening) -> str:
        check = one.check or (self._check_of(one.ticket_id) if one.ticket_id else "")
        return self._policy.rule(check).name if check else ""

    def _many(self, kind: str, group: list[Happening]) -> str:
        names = list(dict.fromkeys(one.name for one in group))
        shown, of = (RECIPIENTS, "人") if kind in _LONG else (NAMED, "家")
        named = "、".join(names[:shown]) + (f" 等 {len(names)} {of}" if len(names) > shown else "")
        if kind == "run_settled":
            repeats = sum(one.repeats for one in group)
            return f"{repeats} 处又报一遍，都已在册，不立新单 · known, no new tickets · {named}"
        if kind in _LONG:
            return f"{len(group)} {_LONG[kind]} {named}"
        checks = Counter(self._about(one) for one in group)
        return f"{len(group)} 张 · {'、'.join(f'{check} {many}' for check, many in checks.items())} · {named}"

    def _words(self, kind: str, event: Mapping[str, Any]) -> str:
        match kind:
            case "opened" | "reopened" | "extended" | "reminded":
                return f"时限 due {_due(event['due_at'], event['at'])}"
            case "run_settled":
                return f"{event['seen'] - event['new']} 处已在册"
            case "overdue":
                return f"时限已过 due was {_due(event['due_at'], event['at'])}"
            case "urge" | "supervise" | "bulletin":
                late = event["overdue_for"]
                days = late["working_days"]
                return time_over(timedelta(seconds=late["seconds"]), days=days, hourly=not days)
            case "asked":
                wanted = f"延至 until {_due(event['due_at'], event['at'])}" if event["due_at"] else ""
                return f"{wanted}「{event['said']}」"
            case "ask_refused":
                return f"「{event['said']}」"
            case "fix_claimed":
                return f"「{event['measures']}」→ 申请复查"
            case "recheck_failed":
                return STILL_THERE if event["reason"] == "present" else "无法核实，待人工审核"
            case "closed":
                answer = (event.get("proof") or {}).get("evidence") or {}
                by = ended_by(event["reason"])
                return f"已答复「{answer['answer']}」" if isinstance(answer, dict) and "answer" in answer else by
            case _:
                return ""


def _due(due: str, at: str) -> str:
    """`03-06`, or `02-26 00:30` where it does not end with its day."""
    return listed_due(datetime.fromisoformat(due), datetime.fromisoformat(at), ZONE)
