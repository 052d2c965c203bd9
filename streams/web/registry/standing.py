"""`/registry/guarded` and `/registry/producers`: what stands beside units and assets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from starlette.responses import Response

from schemas.registry import GuardedPeriod
from streams.presentation.dates import local
from streams.rules.state.snapshot import Registry
from streams.services.unit_record import day_of, producers
from streams.web.desk.visits import Visit


class PeriodLine(NamedTuple):
    """A guarded period in words."""

    name: str
    span: str
    regions: str
    note: str
    state: str


def period_lines(periods: Iterable[GuardedPeriod], registry: Registry, now: datetime) -> list[PeriodLine]:
    """In the order given."""
    return [
        PeriodLine(
            one.name,
            f"{_moment(one.from_, registry)} 至 {_moment(one.to, registry)}",
            "、".join(one.regions) or "全部地区",
            one.note or "",
            _state(one, registry, now),
        )
        for one in periods
    ]


def _moment(moment: date | datetime, registry: Registry) -> str:
    return local(moment, registry.zone) if isinstance(moment, datetime) else moment.isoformat()


def _state(one: GuardedPeriod, registry: Registry, now: datetime) -> str:
    today = now.astimezone(registry.zone).date()
    if day_of(one.to, registry) < today:
        return "已结束"
    return "未开始" if day_of(one.from_, registry) > today else "进行中"


async def show_guarded(visit: Visit) -> Response:
    """Every guarded period, the latest first: they hold for everybody."""
    registry = await visit.premises.registry()
    latest = sorted(registry.guarded.values(), key=lambda one: day_of(one.from_, registry), reverse=True)
    periods = period_lines(latest, registry, visit.now.at)
    return visit.page("registry/guarded.html", periods=periods, may_edit=visit.viewer.may("register"))


async def show_producers(visit: Visit) -> Response:
    """The producers of the viewer's units."""
    registry = await visit.premises.registry()
    found = [
        (one, registry.units.get(one.unit_id or ""))
        for one in (await producers(visit.premises.ledger)).values()
        if visit.viewer.sees(one.unit_id)
    ]
    return visit.page("registry/producers.html", producers=found, may_edit=visit.viewer.may("register"))
