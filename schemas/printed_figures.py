"""Figures as somebody has printed them, to be checked: as much as is there, of the fields that can contradict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, NonNegativeInt

from schemas.base import Model
from schemas.bulletin import MovedPart


class PrintedBand(Model):
    """A band of points."""

    number: NonNegativeInt


class PrintedPoints(Model):
    """Points by bands."""

    bands: tuple[PrintedBand, ...] = ()


class PrintedChange(Model):
    """Against the bulletin before."""

    rate_points: str | None = None


class PrintedRow(Model):
    """The figures of a group."""

    group: str = ""
    label: str | None = None
    running: NonNegativeInt | None = None
    checked: NonNegativeInt | None = None
    checked_running: NonNegativeInt | None = None
    unqualified: NonNegativeInt | None = None
    ratio: str | None = None
    rate: str | None = None
    points: PrintedPoints | None = None
    change: PrintedChange | None = None


class PrintedSum(Model):
    """Parts and their total."""

    name: str
    parts: tuple[int, ...]
    total: int


class PrintedShare(Model):
    """A share beside its numbers."""

    name: str
    part: NonNegativeInt
    whole: NonNegativeInt
    printed: str


class PrintedTyped(Model):
    """What people have typed and the checker looks at."""

    sums: tuple[PrintedSum, ...] = ()
    shares: tuple[PrintedShare, ...] = ()


class PrintedRates(Model):
    """Slips 整改单, or messages of one kind."""

    issued: NonNegativeInt | None = None
    valid: NonNegativeInt | None = None
    done: NonNegativeInt | None = None
    on_time: NonNegativeInt | None = None
    done_rate: str | None = None
    on_time_rate: str | None = None
    answer_rate: str | None = None


class PrintedName(Model):
    """Somebody on a list."""

    asset_id: str


class PrintedLists(Model):
    """The list that is counted."""

    unqualified: tuple[PrintedName, ...] | MovedPart | None = None


class PrintedPeriod(Model):
    """The bulletin before."""

    totals: tuple[PrintedRow, ...] = ()


class PrintedFigures(Model):
    """All of it; fields that nothing contradicts may be anything."""

    date: str | None = None
    as_of: str | None = None
    totals: tuple[PrintedRow, ...] = ()
    by: Mapping[str, tuple[PrintedRow, ...] | MovedPart] = Field(default_factory=dict)
    sums: tuple[PrintedSum, ...] = ()
    tickets: PrintedRates | None = None
    messages: Mapping[str, PrintedRates] = Field(default_factory=dict)
    lists: PrintedLists | None = None
    last_period: PrintedPeriod | None = None
    typed: PrintedTyped | None = None

    def as_given(self) -> dict[str, Any]:
        """What was given, and nothing more."""
        return self.model_dump(exclude_unset=True)
