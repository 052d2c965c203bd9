"""The true deadline beside the granted one, as letters and the unit's page say it (L-15, L-16). Pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from streams.presentation.dates import day_or_moment

_WHY: Final = {"first_load": "属首次入库的存量问题", "registered": "网站（账号）登记较晚"}


def true_due_words(true_due_at: datetime, begun: date, reason: str, zone: ZoneInfo) -> str:
    """When it would have been due, and from which local day it is counted instead, for which reason."""
    why = _WHY.get(reason, "")
    return f"按规定应于{day_or_moment(true_due_at, zone)}办结；{why}，时限自{begun.month}月{begun.day}日起计算"
