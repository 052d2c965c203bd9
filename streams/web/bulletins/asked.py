"""A period as an address says it, and whose bulletins a viewer sees.

W-43  Of bulletins a viewer sees those of the own units: figures of a unit that the viewer sees, with all below it, and
      issued ones whose area is such a unit. A region, a group of the pack, or everything are for whoever sees
      everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple
from urllib.parse import urlencode

from notifiers.text import clean
from streams.services.bulletins.figures import WantedFigures, moment
from streams.services.failure import Failure
from streams.services.viewers import Viewer
from streams.web.desk.visits import Visit

_TEXT: Final = 200  # characters of an area
NAMES: Final = ("from", "to", "as_of", "area")


class AskedPeriod(NamedTuple):
    """What was asked for: as it was typed, what is wrong with it, and what is wanted where nothing is."""

    values: Mapping[str, str]
    errors: Mapping[str, str]
    wanted: WantedFigures | None

    @property
    def address(self) -> str:
        """The query that asks for the same."""
        return urlencode({name: value for name, value in self.values.items() if value})


def sees_area(viewer: Viewer, area: str | None) -> bool:
    """Whether figures of this area may be shown; no area: of everything."""
    return viewer.units is None or (bool(area) and area in viewer.units)


async def asked_period(visit: Visit, pairs: Iterable[tuple[str, str]]) -> AskedPeriod:
    """From the pairs of a query or a form; without a moment, now."""
    given = dict(pairs)
    values = {name: clean(given.get(name, "")).strip()[:_TEXT] for name in NAMES}
    now = visit.now.at.astimezone(visit.premises.settings.zone)
    values["as_of"] = values["as_of"] or now.replace(microsecond=0).isoformat()
    values["area"] = await _area(visit, values["area"])
    days = {name: _day(values[name]) for name in ("from", "to")}
    errors = {name: "请填写日期，如 2026-12-31" for name, day in days.items() if day is None}
    begin, end = days["from"], days["to"]
    if not sees_area(visit.viewer, values["area"]):
        errors["area"] = "只能统计本单位及其下属单位，请填写单位编号或名称"
    if begin is None or end is None:
        return AskedPeriod(values, errors, None)
    wanted = WantedFigures(
        begin, end, values["as_of"], values["area"] or None, unit_only=visit.viewer.units is not None
    )
    errors |= _faults(visit, wanted)
    return AskedPeriod(values, errors, None if errors else wanted)


def _faults(visit: Visit, wanted: WantedFigures) -> dict[str, str]:
    zone = visit.premises.settings.zone
    if wanted.begin > wanted.end:
        return {"from": "起日不能晚于止日"}
    try:
        moment(wanted.as_of, zone)
    except Failure:
        return {"as_of": "统计时点填日期（计到当日末），如 2026-12-31；不填为现在"}
    try:
        wanted.period(zone)
    except Failure:
        return {"as_of": "统计时点不能早于起日"}
    return {}


async def _area(visit: Visit, text: str) -> str:
    """The id of the unit that is called so, if there is one; otherwise what was typed, or the viewer's own unit."""
    if not text:
        return visit.viewer.unit_id
    units = (await visit.premises.registry()).units
    if text in units:
        return text
    called = [unit.unit_id for unit in units.values() if unit.name == text]
    return called[0] if len(called) == 1 else text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
