"""What a ticket's events say of asks 申请: asked, answered, over. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from schemas.vocabulary import ASK_LABELS
from streams.presentation.labels import NOBODY
from streams.presentation.waiting import LEADING, wanted_words

if TYPE_CHECKING:
    from streams.presentation.ticket.narration import Narrator

_ENDED: Final = {
    "ticket_closed": "整改单已销号",
    "ticket_dismissed": "整改单已撤销",
    "merged": "整改单已并入另一单",
    "reassigned": "整改单已转给另一单位",
}


def asked(event: Mapping[str, Any], teller: Narrator) -> str:
    """What was asked for, and why."""
    until = event["due_at"] and teller.when(event["due_at"])
    unit = teller.unit(event["unit_wanted"]) if event["unit_wanted"] else None
    what = wanted_words(until, event["working_days"], unit)
    progress = f"，进展：{event['progress']}" if event["progress"] else ""
    said = f"{_by(event)} {LEADING[event['kind']]}{what}，理由：{event['said']}{progress}"
    return f"{said}。报主管单位答复，整改时限照常计算。"


def ask_refused(event: Mapping[str, Any], teller: Narrator) -> str:
    """By whom, and why."""
    del teller
    return f"{_by(event)} 不同意申请（{ASK_LABELS[event['kind']]}），理由：{event['said']}。"


def ask_ended(event: Mapping[str, Any], teller: Narrator) -> str:
    """Without an answer."""
    del teller
    return f"{_ENDED.get(event['reason'], event['reason'])}，申请（{ASK_LABELS[event['kind']]}）终止，不再答复。"


def ask_unanswered(event: Mapping[str, Any], teller: Narrator) -> str:
    """Since when it waits."""
    kind, since = ASK_LABELS[event["kind"]], teller.when(event["asked_at"])
    return f"自 {since} 起的申请（{kind}）逾期未答复，再次提请主管单位；整改时限照常计算。"


def noted(event: Mapping[str, Any], teller: Narrator) -> str:
    """What somebody wants to be known."""
    del teller
    said = f"，说明：{event['said']}" if event.get("said") else ""
    return f"{_by(event)} 备注：{event['text']}{said}。"


def _by(event: Mapping[str, Any]) -> str:
    return str(event.get("by") or NOBODY)
