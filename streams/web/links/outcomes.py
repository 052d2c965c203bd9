"""What became of what was submitted: the event says it, never the submission itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal, NamedTuple, cast

from schemas.actions import Action
from streams.ledger.reading.links import Recorded
from streams.rules.state.snapshot import Now
from streams.services.commands import REFUSED
from streams.store.store import PageAct
from streams.web.commanding import PublishedCommand
from streams.web.links.words import DONE, LATE, NOT_DONE, PENDING
from streams.web.premises import Premises

_PATIENCE: Final = timedelta(minutes=2)
State = Literal["done", "refused", "pending", "late"]


class Became(NamedTuple):
    """Of one ticket."""

    ticket_id: str
    state: State
    text: str


async def outcomes(premises: Premises, form: str, link: str, now: Now) -> list[Became]:
    """Of everything that was submitted at once with this link."""
    acts = [act for act in await premises.store.acts_of_form(form) if act.link == link]
    asked = [PublishedCommand(act.command_id, cast("Action", act.act), act.ticket_id) for act in acts]
    answered = await premises.commands.answered(asked) if asked else {}
    return [outcome_of(act, answered.get(act.command_id), now) for act in acts]


def outcome_of(act: PageAct, answer: Recorded | None, now: Now) -> Became:
    """Of one ticket, by the event that answers."""
    if answer is None:
        late = now.at - act.at > _PATIENCE
        return Became(act.ticket_id, "late" if late else "pending", LATE if late else PENDING)
    kind = answer.event["type"]
    if kind == REFUSED:
        return Became(act.ticket_id, "refused", f"{answer.sentence or NOT_DONE}。")
    return Became(act.ticket_id, "done", f"{DONE.get(kind, answer.sentence or kind)}。")


def worst(found: Sequence[Became]) -> State:
    """What the page has to say first."""
    order: Sequence[State] = ("pending", "late", "refused", "done")
    return min((one.state for one in found), key=order.index, default="done")
