"""What a message touches, and that every kind of message is known where it is loaded and decided."""

from __future__ import annotations

from typing import get_args

from streams.rules.decide import HANDLERS
from streams.rules.needs import NEEDS
from streams.rules.state.inputs import (
    AssetChanged,
    Carried,
    Input,
    JudgeRun,
    PublishTicket,
    RecountAsset,
    ReviewAsks,
    ReviewProducer,
    ReviewRequests,
    ReviewTicket,
    ReviewWeek,
    SignedCommand,
    UnitChanged,
)

FROM_DUE_WORK = {
    ReviewTicket,
    AssetChanged,
    UnitChanged,
    PublishTicket,
    JudgeRun,
    RecountAsset,
    ReviewAsks,
    ReviewRequests,
    ReviewProducer,
    ReviewWeek,
    Carried,
}


def test_every_kind_of_message_is_decided_and_loaded() -> None:
    """Each has a handler; each that comes from Kafka says what it touches, and what is due was found in the ledger."""
    kinds = {*get_args(Input), SignedCommand}
    assert set(HANDLERS) == kinds
    assert set(NEEDS) == kinds - FROM_DUE_WORK
