"""That a ticket waits for a recheck, since when and for how long, in words (rule R-34). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from streams.presentation.dates import local
from streams.rules.state.records import OpenRequest


def waiting_words(requests: Sequence[OpenRequest], at: datetime, zone: ZoneInfo) -> str:
    """One sentence about the open requests of a ticket, of which there is at least one."""
    since = local(min(one.requested_at for one in requests), zone)
    times = max(one.sent for one in requests)
    still = [one for one in requests if one.unanswered_at is None]
    if not still:
        return f"自 {since} 起等待复查，申请 {times} 次均无人答复，已告知巡检方主管；整改时限照常计算"
    looked_at = max(one.not_before for one in still)
    when = f"{local(looked_at, zone)} 起复查" if looked_at > at else f"已申请 {times} 次"
    until = local(max(one.expires_at for one in still), zone)
    return f"自 {since} 起等待复查（{len(requests)} 处），{when}，本次至 {until} 止；整改时限照常计算"
