"""What somebody has submitted on any page, carried out: commands that are kept, signed, published, awaited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from schemas.command import Command
from streams.files.page_keys import PageKey
from streams.rules.state.snapshot import Now
from streams.store.store import PageAct
from streams.web.outcomes import Became, OutcomeWords, outcome_of
from streams.web.premises import Premises


class Submitted(NamedTuple):
    """What was submitted at once, and what became of it so far."""

    form: str
    outcomes: list[Became]


async def submit(
    premises: Premises,
    key: PageKey,
    form: str,
    commands: Sequence[Command],
    now: Now,
    words: OutcomeWords,
    *,
    phone: str = "",
    typed: str = "",
) -> Submitted:
    """Each command has its ticket, its way (`via`) and an id made of the form; `typed`: the form as it was filled in.

    Raises KafkaAway: the brokers have not taken it; submitted again, it is the same.
    """
    acts = [
        PageAct(
            one.command_id or "",
            form,
            one.via or "",
            one.ticket_id or "",
            one.asset_id,
            one.action,
            one.by,
            phone,
            typed,
            now.at,
        )
        for one in commands
    ]
    await premises.store.add_acts(acts)
    answers = await premises.commands.carry_out(commands, premises.signing[key].key)
    return Submitted(form, [outcome_of(act, answer, now, words) for act, answer in zip(acts, answers, strict=True)])
