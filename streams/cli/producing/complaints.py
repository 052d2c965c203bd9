"""What was refused on its way, named as it comes."""

from __future__ import annotations

from typing import Final

from streams.cli.terminal.output import complain
from streams.services.findings import RefusedLine

NAMED: Final = 50  # refused lines that are named one by one


class Complaints:
    """Names the refused lines as they come, the first of them."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, refused: RefusedLine) -> None:
        """One more."""
        place = refused.place
        chinese, english = (place, place) if place else (f"第 {refused.line} 行", f"line {refused.line}")
        if self._count < NAMED:
            complain(f"{chinese} 未发送 · {english} refused: {refused.detail} ({refused.code})", "")
        elif self._count == NAMED:
            complain("其余只计数 · further refused lines are only counted", "")
        self._count += 1
