"""What became of what was submitted: the event says it, never the submission itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, Literal, NamedTuple, cast

from schemas.actions import Action
from streams.ledger.reading.links import Recorded
from streams.rules.state.snapshot import Now
from streams.services.commands import REFUSED
from streams.store.store import PageAct
from streams.web.commanding import PublishedCommand
from streams.web.premises import Premises

_PATIENCE: Final = timedelta(minutes=2)
_NOT_DONE: Final = "指令不予受理"
State = Literal["done", "refused", "pending", "late"]
ORDER: Final[Sequence[State]] = ("pending", "late", "refused", "done")
"""What a page has to say first."""


class OutcomeWords(NamedTuple):
    """How a kind of page says it."""

    pending: str
    late: str  # not decided after two minutes
    done: Mapping[str, str]  # by the event that answers; without one, the event's own sentence


class Became(NamedTuple):
    """Of one ticket."""

    ticket_id: str
    state: State
    text: str


async def outcomes(premises: Premises, form: str, via: str, now: Now, words: OutcomeWords) -> list[Became]:
    """Of everything that was submitted at once by whoever comes this way."""
    acts = [act for act in await premises.store.acts_of_form(form) if act.via == via]
    asked = [PublishedCommand(act.command_id, cast("Action", act.act), act.ticket_id) for act in acts]
    answered = await premises.commands.answered(asked) if asked else {}
    return [outcome_of(act, answered.get(act.command_id), now, words) for act in acts]


def outcome_of(act: PageAct, answer: Recorded | None, now: Now, words: OutcomeWords) -> Became:
    """Of one ticket, by the event that answers."""
    if answer is None:
        late = now.at - act.at > _PATIENCE
        return Became(act.ticket_id, "late" if late else "pending", words.late if late else words.pending)
    kind = answer.event["type"]
    if kind == REFUSED:
        return Became(act.ticket_id, "refused", f"{answer.sentence or _NOT_DONE}。")
    return Became(act.ticket_id, "done", f"{words.done.get(kind, answer.sentence or kind)}。")


def worst(found: Sequence[Became]) -> State:
    """What the page has to say first."""
    return min((one.state for one in found), key=ORDER.index, default="done")
