"""What every part of a transaction stands on."""

from __future__ import annotations

from typing import Any

from streams.ledger.engines.port import Session
from streams.ledger.numbers import Reservation
from streams.rules.state.records import Problem, Ticket


class Part:
    """The session, who works in it, and what it has loaded (so that a save writes only what changed)."""

    def __init__(self, session: Session, owner: str, reservation: Reservation) -> None:
        """`owner` names this process among the workers."""
        self._session = session
        self._owner = owner
        self._reservation = reservation
        self._loaded_problems: dict[bytes, Problem] = {}
        self._loaded_tickets: dict[int, Ticket] = {}
        self.unreadable: list[int] = []  # chunks of the outbox that were taken over and cannot be read
        self.picked: dict[Any, int] = {}  # what due work has taken up, before it is loaded: its key -> asset_pk

    def load_in_bounds(self, *, divisible: bool) -> None:
        """Texts are loaded up to a limit; beyond it TooMuch is raised, or what cannot be divided goes without facts."""
        self._session.room.bound(divisible=divisible)
