"""The figures of a bulletin: of any period, as of any moment, always the same for the same moment (rule S-5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from schemas.policy import Policy
from streams.ledger import Ledger
from streams.ledger.reading.bulletins import issued_before, pack_as_of, units_as_of
from streams.ledger.reading.standings import standings
from streams.presentation.bulletins.document import AskedFigures, document
from streams.presentation.bulletins.lists import Names
from streams.rules.scoring.messages import MessageCounting
from streams.rules.scoring.stood import Period
from streams.rules.scoring.tally import Tally
from streams.services.calendar import calendar_as_of
from streams.services.failure import Failure


@dataclass(frozen=True, slots=True)
class WantedFigures:
    """Which figures."""

    begin: date
    end: date
    as_of: str  # a day, to whose end it is meant, or a moment with an offset
    area: str | None = None
    typed: Mapping[str, Any] = field(default_factory=dict)  # fields by hand
    unit_only: bool = False  # the area is a unit, whatever region or group has its name

    def with_typed(self, typed: Mapping[str, Any]) -> WantedFigures:
        """The same with these fields by hand."""
        return replace(self, typed=typed)

    def period(self, zone: ZoneInfo) -> Period:
        """The period in moments. Raises Failure when it ends before it begins, or begins after the moment."""
        period = Period(_begins(self.begin, zone), _ends(self.end, zone), moment(self.as_of, zone))
        if period.begin > period.end:
            msg = "起日晚于止日 · --from is later than --to"
            raise Failure(msg)
        if period.as_of < period.begin:
            msg = f"统计时点 {self.as_of} 早于期间的第一天 · --as-of is earlier than --from"
            raise Failure(msg)
        return period


class TallyBasis(NamedTuple):
    """A tally that has counted nothing yet, what units were called then, and the bulletin before."""

    tally: Tally
    names: Names
    last: Mapping[str, Any] | None


def moment(text: str, zone: ZoneInfo) -> datetime:
    """What `--as-of` means: a day to its end, or a moment. Raises Failure for anything else."""
    try:
        if len(text) == len("2023-02-11"):
            return _ends(date.fromisoformat(text), zone)
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        msg = f"统计时点形如 2023-02-11 或 2023-02-11T17:00:00+08:00 · a day, or a moment with an offset, not {text!r}"
        raise Failure(msg)
    return found.astimezone(zone)


async def figures(
    ledger: Ledger, wanted: WantedFigures, configured: Policy, zone: ZoneInfo, last: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The document; judged by the pack that workers decided by then, `configured` where none was noted.

    `last`: what it is compared with; the bulletin issued before it, if none is given.
    """
    counting = await counting_of(ledger, wanted, configured, zone, last)
    async for stood in standings(ledger, counting.tally.period, zone):
        counting.tally.add(stood)
    asked = AskedFigures(wanted.begin.isoformat(), wanted.end.isoformat(), wanted.as_of, wanted.area)
    return document(counting.tally, asked, counting.names, counting.last, wanted.typed)


async def counting_of(
    ledger: Ledger, wanted: WantedFigures, configured: Policy, zone: ZoneInfo, last: Mapping[str, Any] | None = None
) -> TallyBasis:
    """What figures are counted by, before any asset is; as `figures`. Raises Failure as `period` does."""
    period = wanted.period(zone)
    last = last or await issued_before(ledger, wanted.begin, wanted.area, period.as_of)
    policy = await pack_as_of(ledger, period.as_of) or configured
    units = await units_as_of(ledger, period.as_of)
    tally = Tally(
        policy,
        period,
        MessageCounting(policy.bulletin, await calendar_as_of(ledger, period.as_of), zone),
        {unit_id: unit.supervisor_id for unit_id, unit in units.items()},
        wanted.area,
        wanted.unit_only,
        _bonus(wanted.typed),
        _named(last),
    )
    return TallyBasis(tally, Names({unit_id: unit.name for unit_id, unit in units.items()}), last)


def _named(last: Mapping[str, Any] | None) -> frozenset[str]:
    """Whom the last bulletin has named as unqualified; nobody where the list stands in a file."""
    listed = (last or {}).get("lists", {}).get("unqualified", ())
    return frozenset(row["asset_id"] for row in listed) if isinstance(listed, list) else frozenset()


def _bonus(typed: Mapping[str, Any]) -> dict[str, float]:
    """Points that the office gives by hand 加分: `bonus: {asset_id: points}`. Raises Failure for what is no number."""
    given = typed.get("bonus") or {}
    if not isinstance(given, Mapping) or not all(type(points) in (int, float) for points in given.values()):
        msg = "bonus：形如 {资产编号: 分数} · points by asset, such as {site: 12.5}"
        raise Failure(msg)
    return {str(name): float(points) for name, points in given.items()}


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)


def _ends(day: date, zone: ZoneInfo) -> datetime:
    return _begins(day + timedelta(days=1), zone) - timedelta(microseconds=1)
