"""What the doctor says: one line for each thing that was looked at."""

from __future__ import annotations

from typing import Literal, NamedTuple

Level = Literal["ok", "warning", "error"]
WITHIN_SECONDS = 10.0  # for anything that must answer


class CheckLine(NamedTuple):
    """One finding. `what` is stable, for programs; `text` and `advice` are for people, Chinese first."""

    what: str
    level: Level
    text: str
    advice: str = ""


def ok(what: str, text: str) -> CheckLine:
    """It works."""
    return CheckLine(what, "ok", text)


def warning(what: str, text: str, advice: str) -> CheckLine:
    """It works, but not for everybody, or not for long."""
    return CheckLine(what, "warning", text, advice)


def error(what: str, text: str, advice: str) -> CheckLine:
    """It does not work."""
    return CheckLine(what, "error", text, advice)
