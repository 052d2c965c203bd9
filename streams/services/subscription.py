"""Which escalations a supervisor wants to see: by unit, region, and since when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from streams.services.failure import Failure


class Subscription(NamedTuple):
    """What is not said is not asked for."""

    unit: str | None = None  # a unit, and those that it supervises
    region: str | None = None  # of the asset, or of its unit
    since: datetime | None = None

    def fits(self, document: Any) -> bool:
        """Whether this message is wanted."""
        if not isinstance(document, Mapping):
            return False
        asset, unit = document.get("asset") or {}, document.get("unit") or {}
        if self.unit not in (None, document.get("unit_id"), unit.get("unit_id"), unit.get("supervisor_id")):
            return False
        if self.region not in (None, asset.get("region"), unit.get("region")):
            return False
        return self.since is None or datetime.fromisoformat(document["at"]) >= self.since


def since(text: str, zone: ZoneInfo) -> datetime:
    """A day from its beginning, or a moment with an offset. Raises Failure for anything else."""
    try:
        if len(text) == len("2023-02-24"):
            return datetime.combine(date.fromisoformat(text), time.min, zone)
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        msg = f"形如 2023-02-24 或 2023-02-24T09:00:00+08:00 · a day, or a moment with an offset, not {text!r}"
        raise Failure(msg)
    return found
