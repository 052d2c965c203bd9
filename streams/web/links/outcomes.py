"""What became of what was submitted: the event says it, never the submission itself.

U-6  While nothing answers, the page says that it is still at work and looks again by itself, after 2 minutes that it
     takes long, and after 10 that it has not been processed and whom to call. A command that became a dead letter
     (O-17) is said to be refused, and what to do about it. In both, and where an event refuses, what was typed is there
     to be read again, without the telephone number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal, NamedTuple, cast

from schemas.actions import Action
from streams.presentation.ticket.letter_item import letterhead
from streams.rules.state.snapshot import Now
from streams.services.commands import REFUSED
from streams.services.links import OpenLink
from streams.store.store import PageAct
from streams.web.commanding import Answer, DeadLetter, PublishedCommand
from streams.web.links.typed import TypedForm, typed
from streams.web.links.words import DONE, LATE, NOT_DONE, PENDING, not_taken, unprocessed
from streams.web.premises import Premises

_PATIENCE: Final = timedelta(minutes=2)
_GIVEN_UP: Final = timedelta(minutes=10)
State = Literal["done", "refused", "pending", "late"]


class Became(NamedTuple):
    """Of one ticket."""

    ticket_id: str
    state: State
    text: str


class Outcome(NamedTuple):
    """Of everything that was submitted at once."""

    tickets: Sequence[Became] = ()
    typed: TypedForm = TypedForm()  # where it is to be read again


async def outcome(premises: Premises, form: str, link: OpenLink, now: Now) -> Outcome:
    """Of what was submitted at once with this link."""
    acts = [act for act in await premises.store.acts_of_form(form) if act.link == link.notice.notice_id]
    if not acts:
        return Outcome()
    asked = [PublishedCommand(act.command_id, cast("Action", act.act), act.ticket_id) for act in acts]
    answered = await premises.commands.answered(asked)
    whom = await whom_to_call(premises, link)
    found = [outcome_of(act, answered.get(act.command_id), now, whom) for act in acts]
    return Outcome(found, typed(acts[0]) if worst(found) in {"late", "refused"} else TypedForm())


async def whom_to_call(premises: Premises, link: OpenLink) -> str:
    """Whoever signs the letters to the unit; empty where nobody has said who does."""
    return letterhead(link.notice.unit_id, await premises.registry(), premises.settings.office).whom_to_call


def outcome_of(act: PageAct, answer: Answer | None, now: Now, whom: str) -> Became:
    """Of one ticket, by what answers; `whom`: to call."""
    if answer is None:
        waited = now.at - act.at
        if waited > _GIVEN_UP:
            return Became(act.ticket_id, "late", unprocessed(whom))
        late = waited > _PATIENCE
        return Became(act.ticket_id, "late" if late else "pending", LATE if late else PENDING)
    if isinstance(answer, DeadLetter):
        return Became(act.ticket_id, "refused", not_taken(answer.code, whom))
    kind = answer.event["type"]
    if kind == REFUSED:
        return Became(act.ticket_id, "refused", f"{answer.sentence or NOT_DONE}。")
    return Became(act.ticket_id, "done", f"{DONE.get(kind, answer.sentence or kind)}。")


def worst(found: Sequence[Became]) -> State:
    """What the page has to say first."""
    order: Sequence[State] = ("pending", "late", "refused", "done")
    return min((one.state for one in found), key=order.index, default="done")
