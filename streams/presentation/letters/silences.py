"""Producers that have fallen silent, in a letter: who, since when, how often it ran. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from notifiers.text import clean, shorten
from streams.presentation.dates import local
from streams.presentation.letters.letter import SilenceItem
from streams.presentation.letters.view import NAME_LENGTH
from streams.rules.state.text import roughly

ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class SilenceView:
    """What a template sees of one; `name` is its source where the registry has none."""

    name: str
    source: str
    last_run: str
    silent_for: str
    usual: str


@dataclass(frozen=True, slots=True)
class SilencesView:
    """What templates see of all of them."""

    rows: tuple[SilenceView, ...]
    left_out: int
    count: int


def silences_view(items: Sequence[SilenceItem], at: datetime, zone: ZoneInfo) -> SilencesView:
    """The longest silence first."""
    rows = tuple(_view(one, at, zone) for one in sorted(items, key=lambda one: str(one.subject["last_run_at"])))
    return SilencesView(rows[:ROWS], max(len(rows) - ROWS, 0), len(rows))


def _view(item: SilenceItem, at: datetime, zone: ZoneInfo) -> SilenceView:
    last_run_at = datetime.fromisoformat(item.subject["last_run_at"])
    source = shorten(clean(item.subject["source"]), NAME_LENGTH)
    return SilenceView(
        shorten(clean(item.name), NAME_LENGTH) or source,
        source,
        local(last_run_at, zone),
        roughly(at - last_run_at),
        roughly(timedelta(seconds=item.subject["usual_seconds"])),
    )
