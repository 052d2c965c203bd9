"""What the doctor says: one line for each thing that was looked at."""

from __future__ import annotations

from typing import Literal, NamedTuple

Level = Literal["ok", "warning", "error"]
WITHIN_SECONDS = 10.0  # for anything that must answer


class Line(NamedTuple):
    """One finding. `what` is stable, for programs; `text` and `advice` are for people, Chinese first."""

    what: str
    level: Level
    text: str
    advice: str = ""


def ok(what: str, text: str) -> Line:
    """It works."""
    return Line(what, "ok", text)


def warning(what: str, text: str, advice: str) -> Line:
    """It works, but not for everybody, or not for long."""
    return Line(what, "warning", text, advice)


def error(what: str, text: str, advice: str) -> Line:
    """It does not work."""
    return Line(what, "error", text, advice)
