"""The forms of the unit's page: which of them can be used now, and why not, where one cannot (rule K-47). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, get_args

from schemas.actions import Action
from schemas.vocabulary import ASK_LABELS
from streams.rules.commands.acts_now import ActNow
from streams.rules.state.records import Ticket
from streams.rules.tickets.tickets import OPEN

Form = Literal["acknowledge", "claim", "extension", "not_ours", "false_alarm", "note"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)
TITLES: Final[Mapping[str, str]] = {"acknowledge": "签收", "claim": "反馈整改", **ASK_LABELS, "note": "备注"}
"""By form."""
_ENDED: Final = "整改单已办结。"
_ACTIONS: Final[dict[Form, Action]] = {"acknowledge": "acknowledge", "claim": "claim_fix", "note": "note"}


class Possible(NamedTuple):
    """A form of the page; `reason` says why it cannot be used now, and is empty where it can."""

    form: Form
    title: str
    reason: str = ""


def action_of(form: Form) -> Action:
    """The command that a form becomes: each kind of ask has a form of its own."""
    return _ACTIONS.get(form, "ask")


def possible(ticket: Ticket, acts: Iterable[ActNow], shown_only: str = "") -> tuple[Possible, ...]:
    """Every form of the page, by what can be done now; `shown_only`: why nothing can be done here at all.

    A ticket that has ended has no form, not even for a note.
    """
    nothing = shown_only or ("" if ticket.status in OPEN else _ENDED)
    by_name: dict[tuple[Action, str | None], ActNow] = {(one.action, one.kind): one for one in acts}
    return tuple(Possible(form, TITLES[form], nothing or _reason(by_name, form)) for form in FORMS)


def _reason(acts: Mapping[tuple[Action, str | None], ActNow], form: Form) -> str:
    action = action_of(form)
    found = acts.get((action, form if action == "ask" else None))
    if found is None:
        return "本页不能办理。"
    return "" if found.can else f"{found.sentence}。"
