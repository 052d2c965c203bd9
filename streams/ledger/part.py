"""What every part of a transaction stands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from streams.ledger.engines.port import Session
from streams.ledger.numbers import Reservation
from streams.rules.state.records import Problem, Ticket


@dataclass(slots=True)
class Work:
    """What the parts of one transaction have in common; it ends with the transaction."""

    session: Session
    owner: str  # this process among the workers
    reservation: Reservation
    problems: dict[bytes, Problem] = field(default_factory=dict)  # as they were loaded: a save writes what differs
    tickets: dict[int, Ticket] = field(default_factory=dict)  # the same
    picked: dict[Any, int] = field(default_factory=dict)  # the key of due work -> its asset_pk


class Part:
    """Reads and writes in the transaction's session; the other parts that it uses come by its constructor."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._session = work.session
