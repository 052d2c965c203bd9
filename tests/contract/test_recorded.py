"""The goldens, messages of every version so far, through the readers of today: what came in is accepted (O-11)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from pydantic import BaseModel

from schemas.bulletin import IssuedBulletin
from schemas.escalation import Escalation
from schemas.event import Event
from schemas.receipt import Receipt
from schemas.recheck_request import RecheckRequest
from schemas.ticket import TicketDocument
from streams.rules.intake.intake import Refusal
from streams.worker.intake.reading import Reader, command_reader, finding_reader
from streams.worker.intake.registrar import read_record
from tests.support.world import MAX_BYTES, POLICY

FOLDER: Final = Path(__file__).with_name("examples")
NOW: Final = datetime(2100, 1, 1, tzinfo=UTC)
OUT: Final[dict[str, type[BaseModel]]] = {
    "escalation": Escalation, "event": Event, "issued-bulletin": IssuedBulletin, "receipt": Receipt,
    "recheck-request": RecheckRequest, "ticket": TicketDocument,
}  # fmt: skip
_IDS: Final = {"asset": "asset_id", "unit": "unit_id", "calendar": "year", "producer": "source"}
_FINDINGS: Final = ("finding", "run", "recheck")


def recorded() -> list[Any]:
    """Each golden, under its name."""
    return [
        pytest.param(path.name.partition(".")[0], json.loads(path.read_text("utf-8")), id=path.stem)
        for path in sorted(FOLDER.glob("*.json"))
    ]


@pytest.mark.parametrize(("kind", "message"), recorded())
def test_an_earlier_message_is_accepted(kind: str, message: dict[str, Any]) -> None:
    """Whether it came in or went out."""
    value = json.dumps(message).encode()
    if kind in OUT:
        assert OUT[kind].model_validate_json(value) is not None
    elif kind in _FINDINGS or kind == "command":
        reader: Reader = command_reader(MAX_BYTES) if kind == "command" else finding_reader(POLICY, MAX_BYTES)
        content = reader(SimpleNamespace(value=value, headers=()), NOW)
        assert not isinstance(content, Refusal), content
    else:
        name = message[_IDS[kind]] if kind in _IDS else message["name"]
        entry = read_record(f"{kind}:{name}".encode(), value, MAX_BYTES)
        assert not isinstance(entry, Refusal), entry


def test_no_kind_is_forgotten() -> None:
    """Every topic has its goldens."""
    kinds = {param.values[0] for param in recorded()}
    assert kinds == {*OUT, *_FINDINGS, "command", "asset", "unit", "calendar", "guarded", "producer"}
