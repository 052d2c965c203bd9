"""What became of what was submitted on a page: the event says it, never the submission itself.

U-6  While nothing answers, the page says that it is still at work and looks again by itself, after 2 minutes that it
     takes long, and after 10 that it has not been processed and whom to call. A command that became a dead letter
     (O-17) is said to be refused, and what to do about it. On the unit's page, in both, and where an event refuses,
     what was typed is there to be read again, without the telephone number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, Literal, NamedTuple, cast

from schemas.actions import Action
from streams.rules.state.snapshot import Now
from streams.services.commands import REFUSED
from streams.store.store import PageAct
from streams.web.commanding import Answer, PublishedCommand, Unanswerable
from streams.web.premises import Premises

_PATIENCE: Final = timedelta(minutes=2)
_GIVEN_UP: Final = timedelta(minutes=10)
_NOT_DONE: Final = "指令不予受理"
_UNPROCESSED: Final = "提交已超过10分钟，系统仍未处理，目前不能视为已经办理。{call}。"
_UNREADABLE: Final = "系统没有受理：内容中有不能识别的字符。请改写后重新提交。"
_OUR_FAULT: Final = "系统没有受理，不是填写有误。可以重新提交一次；仍不受理的，{call}。"
_NOT_TAKEN: Final = {
    "too_large": "系统没有受理：内容过多。请缩短后重新提交，佐证材料请作为附件上传。",
    **dict.fromkeys(("invalid_json", "missing_field", "invalid_field", "invalid_text", "invalid_number"), _UNREADABLE),
}
"""By the code of a dead letter."""
State = Literal["done", "refused", "pending", "late"]
ORDER: Final[Sequence[State]] = ("pending", "late", "refused", "done")
"""What a page has to say first."""


class OutcomeWords(NamedTuple):
    """How a kind of page says it."""

    pending: str
    late: str  # not decided after two minutes
    done: Mapping[str, str]  # by the event that answers; without one, the event's own sentence
    call: str  # whom to call, as a request: 请联系……


class Became(NamedTuple):
    """Of one ticket."""

    ticket_id: str
    state: State
    text: str


async def outcomes(premises: Premises, form: str, via: str, now: Now, words: OutcomeWords) -> list[Became]:
    """Of everything that was submitted at once by whoever comes this way."""
    acts = [act for act in await premises.store.acts_of_form(form) if act.via == via]
    asked = [PublishedCommand(act.command_id, cast("Action", act.act), act.ticket_id, act.asset_id) for act in acts]
    answered = await premises.commands.answered(asked) if asked else {}
    return [outcome_of(act, answered.get(act.command_id), now, words) for act in acts]


def outcome_of(act: PageAct, answer: Answer | None, now: Now, words: OutcomeWords) -> Became:
    """Of one ticket, by what answers."""
    if answer is None:
        waited = now.at - act.at
        if waited > _GIVEN_UP:
            return Became(act.ticket_id, "late", _UNPROCESSED.format(call=words.call))
        late = waited > _PATIENCE
        return Became(act.ticket_id, "late" if late else "pending", words.late if late else words.pending)
    if isinstance(answer, Unanswerable):
        return Became(act.ticket_id, "refused", _NOT_TAKEN.get(answer.code, _OUR_FAULT).format(call=words.call))
    kind = answer.event["type"]
    if kind == REFUSED:
        return Became(act.ticket_id, "refused", f"{answer.sentence or _NOT_DONE}。")
    return Became(act.ticket_id, "done", f"{words.done.get(kind, answer.sentence or kind)}。")


def worst(found: Sequence[Became]) -> State:
    """What the page has to say first."""
    return min((one.state for one in found), key=ORDER.index, default="done")
