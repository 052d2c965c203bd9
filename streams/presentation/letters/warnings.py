"""Warnings in a letter: what is about to cross its line, the nearest first. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from notifiers.text import clean, shorten
from streams.presentation import labels
from streams.presentation.dates import moment, short_day
from streams.presentation.letters.letter import WarningItem
from streams.presentation.letters.places import TEXT_LENGTH, Place, place_of
from streams.presentation.letters.view import NAME_LENGTH

ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class WarningView:
    """One warned problem; empty text where there is nothing to say. `crossed_on` is the day of the nearest line."""

    problem: str
    detail: str
    unit: str
    asset: str
    place: Place
    since: str
    line: str
    crossed_on: date | None
    times: int


@dataclass(frozen=True, slots=True)
class WarningsView:
    """What templates see of all of them; `nearest` is the day of the next line to be crossed."""

    rows: tuple[WarningView, ...]
    left_out: int
    count: int
    assets: tuple[str, ...]
    several_units: bool
    nearest: str


def warnings_view(items: Sequence[WarningItem], at: datetime, zone: ZoneInfo) -> WarningsView:
    """The nearest line first; without a known day last."""
    today = at.astimezone(zone).date()
    views = sorted((_view(item, today, zone) for item in items), key=_urgency)
    days = [view.crossed_on for view in views if view.crossed_on is not None and view.crossed_on >= today]
    return WarningsView(
        rows=tuple(views[:ROWS]),
        left_out=max(len(views) - ROWS, 0),
        count=len(views),
        assets=tuple(dict.fromkeys(view.asset for view in views)),
        several_units=len({view.unit for view in views}) > 1,
        nearest=short_day(min(days), today) if days else "",
    )


def _urgency(view: WarningView) -> tuple[bool, date, str, str]:
    return view.crossed_on is None, view.crossed_on or date.max, view.asset, view.place.where


def _view(item: WarningItem, today: date, zone: ZoneInfo) -> WarningView:
    subject, asset = item.subject, item.asset or {}
    whole = labels.where(None, asset.get("kind"))
    stale_since = _day(subject.get("stale_since"))
    lines: Sequence[Mapping[str, Any]] = subject.get("lines") or ()
    days = [_crossed_on(line, stale_since) for line in lines]
    coming = [day for day in days if today <= day < date.max]
    since = moment(subject.get("since"))
    if stale_since is not None:
        told = f"{labels.STALE_SINCE}{short_day(stale_since, today)}"
    else:
        told = f"{short_day(since.astimezone(zone).date(), today)}{labels.WARNED_SINCE}" if since else ""
    return WarningView(
        problem=shorten(clean(subject.get("name") or subject.get("check")), NAME_LENGTH),
        detail=shorten(clean(subject.get("detail") or subject.get("title")), TEXT_LENGTH),
        unit=shorten(clean((item.unit or {}).get("name")) or labels.NO_UNIT, NAME_LENGTH),
        asset=shorten(clean(asset.get("name") or asset.get("asset_id")), NAME_LENGTH),
        place=place_of({"locator": subject.get("locator")}, whole, {}),
        since=told,
        line=_line(lines, stale_since, today),
        crossed_on=min(coming, default=None),
        times=int(subject.get("times") or 1),
    )


def _line(lines: Sequence[Mapping[str, Any]], stale_since: date | None, today: date) -> str:
    """`3月6日（周五）即第14天为超期线`; several of a kind are told side by side, but for what lies behind already."""
    kinds: dict[str, list[str]] = {}
    ahead = [line for line in lines if _crossed_on(line, stale_since) >= today]
    for line in ahead or lines:
        words = labels.LINE_AMOUNT.get(line["unit"], "{}").format(line["amount"])
        if stale_since is not None and line["unit"] == "day":
            words = f"{short_day(_crossed_on(line, stale_since), today)}即{words}"
        kinds.setdefault(line["kind"], []).append(words)
    return "，".join(f"{'或'.join(words)}为{labels.labelled(labels.LINE, kind)}" for kind, words in kinds.items())


def _crossed_on(line: Mapping[str, Any], stale_since: date | None) -> date:
    """The day of a line; of one without a known day that it is still ahead."""
    return stale_since + timedelta(days=line["amount"]) if stale_since and line["unit"] == "day" else date.max


def _day(value: object) -> date | None:
    """The day in a producer's evidence, which may be anything."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
