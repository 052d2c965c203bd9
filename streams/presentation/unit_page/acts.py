"""What the unit can do about a ticket now, and why not, where it cannot. Pure."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, get_args

from schemas.actions import ACTIONS
from streams.rules.state.records import Ticket
from streams.rules.tickets.tickets import OPEN

Form = Literal["acknowledge", "claim", "extension", "not_ours", "false_alarm", "note"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)
TITLES: Final[dict[Form, str]] = {
    "acknowledge": "签收",
    "claim": "反馈整改",
    "extension": "申请延期",
    "not_ours": "不属于本单位",
    "false_alarm": "误报申诉",
    "note": "备注",
}
_ASKS: Final = frozenset({"extension", "not_ours", "false_alarm"})


class Possible(NamedTuple):
    """A form of the page; `reason` says why it cannot be used now, and is empty where it can."""

    form: Form
    title: str
    reason: str = ""


def possible(ticket: Ticket, shown_only: str = "") -> tuple[Possible, ...]:
    """Every form that the page has; `shown_only`: why nothing can be done here at all."""
    return tuple(
        Possible(form, TITLES[form], shown_only or _reason(form, ticket)) for form in FORMS if _action(form) in ACTIONS
    )


def _action(form: Form) -> str:
    return "ask" if form in _ASKS else "claim_fix" if form == "claim" else form


def _reason(form: Form, ticket: Ticket) -> str:
    if ticket.status not in OPEN:
        return "整改单已办结。"
    if form == "acknowledge" and ticket.status != "open":
        return "已签收，无需重复签收。"
    if form == "claim" and ticket.status == "claimed":
        return "已反馈整改，正等待复查；复查未通过或被退回后可再次反馈。"
    return ""
