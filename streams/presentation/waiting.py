"""For what a ticket waits, since when and for how long, in words: rechecks (rule R-34), answers to asks. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from schemas.registry import Unit
from streams.presentation.dates import listed_until, local
from streams.presentation.labels import NO_UNIT
from streams.rules.state.records import Ask, OpenRequest

LEADING: Final = {"extension": "申请延期", "not_ours": "提出不属于本单位", "false_alarm": "提出误报申诉"}
"""How what is asked for begins, by kind."""


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


def ask_words(ask: Ask, units: Mapping[str, Unit], zone: ZoneInfo) -> str:
    """One sentence about an open ask: who wants what and why, and until when it is to be answered."""
    unit = units.get(ask.unit_id or "")
    who = f"{unit.name if unit else ask.unit_id or NO_UNIT} {ask.by}"
    wanted = units.get(ask.unit_wanted or "")
    what = wanted_words(
        listed_until(ask.due_at, zone) if ask.due_at else None,
        ask.working_days,
        wanted.name if wanted else ask.unit_wanted,
    )
    why = f"；理由：{ask.said}" + (f"；进展：{ask.progress}" if ask.progress else "")
    if ask.unanswered_at is not None:
        wait = f"，至 {local(ask.unanswered_at, zone)} 未答复，已再次提请主管单位"
    else:
        wait = f"，应于 {local(ask.review_at, zone)} 前答复" if ask.review_at is not None else ""
    asked = f"{who} 于 {local(ask.asked_at, zone)} {LEADING[ask.kind]}{what}"
    return f"{asked}{wait}，整改时限照常计算{why}"


def wanted_words(until: str | None, working_days: int | None, unit: str | None) -> str:
    """How much time is asked for, or whose it would be."""
    if until is not None:
        return f"至 {until}"
    if working_days is not None:
        return f" {working_days} 个工作日"
    return f"，应属{unit}" if unit else ""
