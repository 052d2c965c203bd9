"""JSON and text as the rules write them: one way to serialise, one way to show a value."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson


def to_json(value: Any) -> str:
    """JSON text. Raises TypeError for what JSON or 64-bit numbers cannot hold."""
    return orjson.dumps(value).decode()


def as_text(value: Any) -> str:
    """A JSON value as text: a string as it is, anything else as JSON with sorted keys."""
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


_SPANS: Final = (("天", timedelta(days=1)), ("小时", timedelta(hours=1)), ("分钟", timedelta(minutes=1)))
_FEW: Final = 2  # below it the smaller unit says more


def roughly(span: timedelta) -> str:
    """A span as people read it: 3天, 26小时, 40分钟."""
    label, unit = next((one for one in _SPANS if round(span / one[1]) >= _FEW), _SPANS[-1])
    return f"{max(round(span / unit), 1)}{label}"


@lru_cache(maxsize=16_384)
def stamp(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as messages carry it: RFC 3339 in the unit's time zone. Cached: a batch shares most of its moments."""
    return moment.astimezone(zone).isoformat()


@lru_cache(maxsize=16_384)
def minute(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as people read it: 2023-03-06 23:59."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
