"""What a ticket's events say of rechecks: asked for, unanswered, not passed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from streams.presentation.labels import NOBODY
from streams.rules.state.event_words import SEEN_SINCE, STILL_THERE

if TYPE_CHECKING:
    from streams.presentation.ticket.narration import Narrator

_WHY: Final = {
    "claim_fix": "因单位反馈已整改，",
    "waiver_ended": "因报备到期，",
}
_FAILED: Final = {
    "present": STILL_THERE,
    "seen_since": SEEN_SINCE,
    "unverifiable": "无法核实，需人工审核",
}


def recheck_requested(event: Mapping[str, Any], teller: Narrator) -> str:
    """Who is asked, why, from when; whether an open request was joined, or is repeated."""
    number = len(event["request_ids"])
    if event["reason"] == "unanswered":
        return f"复查申请没有得到答复，第 {event['attempts']} 次请巡检方再查（{number} 处）。"
    why = _WHY.get(event["reason"], "")
    joined = len(event.get("joined") or ())
    when = event.get("not_before")
    later = f"，自 {teller.when(when)} 起" if when is not None and when > event["at"] else ""
    if joined and joined == number:
        return f"{why}须再查一次；上次申请的复查尚未答复，不另申请（{number} 处）{later}。"
    also = f"，其中 {joined} 处已在申请中" if joined else ""
    return f"{why}请巡检方再查一次（{number} 处{also}）{later}。"


def recheck_failed(event: Mapping[str, Any], teller: Narrator) -> str:
    """Still there, or nobody can tell."""
    del teller
    return f"{event.get('source') or NOBODY}复查：{_FAILED.get(event['reason'], event['reason'])}。"


def recheck_unanswered(event: Mapping[str, Any], teller: Narrator) -> str:
    """Nobody has answered, or nobody can."""
    if event["reason"] == "nobody_can_answer":
        return "没有能够复查该检查项的巡检方，报主管单位人工审核。"
    who = "、".join(event["producers"]) or NOBODY
    since, times = teller.when(event["asked_at"]), event["attempts"]
    return f"自 {since} 起申请复查 {times} 次，巡检方（{who}）均未答复，已告知其主管；整改时限照常计算。"
