"""Scores of a period: which assets, and what each of them has (rules S-1 to S-4); what they add up to: bulletins/."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from heapq import nsmallest
from typing import Final, Literal

from streams.ledger import Ledger
from streams.ledger.reading.repeats import Repeat, RepeatScope, names_of
from streams.ledger.reading.repeats import repeats as counted_repeats
from streams.ledger.reading.standings import standings
from streams.presentation.scores import Chosen, Window
from streams.rules.scoring.grouping import counted, is_scored
from streams.rules.scoring.scores import FULL, Score, score
from streams.rules.scoring.stood import Stood
from streams.services.failure import Failure

MONTHS_A_QUARTER: Final = 3


@dataclass(frozen=True, slots=True)
class Repeats:
    """Who has the same again, most first, and what they are called."""

    found: Sequence[Repeat]
    names: Mapping[str, str]  # by key


def window(now: datetime, first: date | None, last: date | None) -> Window:
    """The period from the first day to the end of the last, at most until now; `now` is in the unit's zone.

    Without a last day it ends now, without a first one it begins with the quarter of its end. Raises Failure when it
    would end before it begins.
    """
    end = now
    if last is not None:
        end = min(_midnight(last, now) + timedelta(days=1) - timedelta(microseconds=1), now)
    month = (end.month - 1) // MONTHS_A_QUARTER * MONTHS_A_QUARTER + 1
    begin = _midnight(date(end.year, month, 1) if first is None else first, now)
    if begin > end:
        msg = "起日晚于止日 · --from is later than --to, or than now"
        raise Failure(msg)
    return Window(begin, end)


async def scores(ledger: Ledger, chosen: Chosen) -> AsyncIterator[tuple[Stood, Score]]:
    """What every chosen asset had in the period, and its score."""
    rules, period = chosen.policy.bulletin, chosen.period
    async for stood in standings(ledger, period, chosen.zone, chosen.asset_id):
        if chosen.wants(stood):
            scored = is_scored(counted(stood.asset, rules, {}), rules)
            found = stood.standings(period)
            yield stood, score(chosen.policy, stood.asset, found, period.end, covered=stood.looked, scored=scored)


async def worst(ledger: Ledger, chosen: Chosen, limit: int, *, unqualified: bool) -> list[Score]:
    """Assets that lost points or were vetoed, the worst first; with `unqualified` these only."""
    kept: list[Score] = []
    async for _, result in scores(ledger, chosen):
        if result.checked and (not result.qualified or (not unqualified and result.deducted)):
            kept.append(result)
            if len(kept) > limit * 4:
                kept = nsmallest(limit, kept, key=_order)
    return nsmallest(limit, kept, key=_order)


async def one(ledger: Ledger, chosen: Chosen) -> tuple[Stood, Score]:
    """The one asset that is chosen; raises Failure when nobody knows it."""
    found = await anext(scores(ledger, chosen), None)
    if found is None:
        msg = f"没有这个资产 · no such asset: {chosen.asset_id}"
        raise Failure(msg)
    return found


async def repeats(ledger: Ledger, chosen: Chosen, by: Literal["unit", "asset", "check"], limit: int) -> Repeats:
    """Tickets that were reopened, or opened as a recurrence, in the period; most first (rule C-37)."""
    found = await counted_repeats(ledger, by, _scope(chosen), limit)
    keys = [item.key for item in found if item.key is not None]
    if by == "check":
        return Repeats(found, {code: chosen.policy.rule(code).name for code in keys})
    return Repeats(found, await names_of(ledger, by, keys))


def _scope(chosen: Chosen) -> RepeatScope:
    return RepeatScope(*chosen.window, chosen.kind, chosen.region)


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time.min, now.tzinfo)


def _order(item: Score) -> tuple[bool, float, str]:
    return item.qualified, FULL if item.points is None else item.points, item.asset.asset_id
