"""The table of actions is whole, and what reads it follows it."""

from typing import get_args

import pytest
import typer
from typer.main import get_command

from schemas.actions import ACTIONS, NAMED_BY, Action
from schemas.command import Command
from schemas.vocabulary import EVENT_LABELS
from streams.cli.ticket import acts

NAMES = {"acknowledge": "ack", "claim_fix": "claim", "send_back": "send-back", "refuse_ask": "refuse-ask"}


def test_every_action_has_a_row() -> None:
    """In the order of the type; a row names events and fields that there are."""
    assert tuple(ACTIONS) == get_args(Action)
    for row in ACTIONS.values():
        assert row.answer in EVENT_LABELS
        assert {*NAMED_BY[row.about], *row.fields, *row.one_of} <= set(Command.model_fields)


@pytest.mark.parametrize("action", [action for action, row in ACTIONS.items() if row.about == "ticket"])
def test_an_act_on_a_ticket_asks_for_what_its_row_needs(action: str) -> None:
    """`rectify ticket ...` has a command for it, which requires a reason where the worker would refuse it without."""
    app = typer.Typer()
    acts.add_to(app)
    group = get_command(app)
    command = group.commands[NAMES.get(action, action)]  # type: ignore[attr-defined]
    required = {parameter.name: parameter.required for parameter in command.params}
    assert required["ticket"]
    assert required["reason"] == ACTIONS[action].needs_reason  # type: ignore[index]
