"""What a message touches, and that every kind of message is known where it is loaded and decided."""

from __future__ import annotations

from typing import get_args

from streams.rules.decide import HANDLERS
from streams.rules.needs import NEEDS
from streams.rules.state.inputs import (
    Carried,
    Derive,
    Matter,
    Refresh,
    Review,
    Settle,
    SignedCommand,
    Unanswered,
    UnitChanged,
)

FROM_DUE_WORK = {Review, UnitChanged, Refresh, Settle, Derive, Unanswered, Carried}


def test_every_kind_of_message_is_decided_and_loaded() -> None:
    """Each has a handler; each that comes from Kafka says what it touches, and what is due was found in the ledger."""
    kinds = {*get_args(Matter), SignedCommand}
    assert set(HANDLERS) == kinds
    assert set(NEEDS) == kinds - FROM_DUE_WORK
