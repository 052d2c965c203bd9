"""The open asks of a batch while it is decided: as loaded, changed, and over."""

from __future__ import annotations

from collections.abc import Mapping

from streams.rules.state.records import Ask

AskKey = tuple[int, str]  # ticket_pk, kind


class OpenAsks:
    """By ticket and kind, of the tickets that were loaded."""

    def __init__(self, loaded: Mapping[AskKey, Ask]) -> None:
        """As the ledger has them."""
        self._all = dict(loaded)
        self._loaded = loaded
        self._changed: dict[AskKey, Ask] = {}
        self._over: dict[AskKey, None] = {}

    def get(self, ticket_pk: int, kind: str) -> Ask | None:
        """The open ask of this kind, if there is one."""
        return self._all.get((ticket_pk, kind))

    def of(self, ticket_pk: int) -> list[Ask]:
        """All of a ticket, in the order of their asking."""
        if not self._all:
            return []
        mine = (ask for ask in self._all.values() if ask.ticket_pk == ticket_pk)
        return sorted(mine, key=lambda ask: (ask.asked_at, ask.kind))

    def put(self, ask: Ask) -> Ask:
        """A new ask, or one as it now stands."""
        key = (ask.ticket_pk, ask.kind)
        self._over.pop(key, None)
        self._all[key] = self._changed[key] = ask
        return ask

    def drop(self, ask: Ask) -> None:
        """It is answered, or has ended."""
        key = (ask.ticket_pk, ask.kind)
        self._all.pop(key, None)
        self._changed.pop(key, None)
        if key in self._loaded:
            self._over[key] = None

    def changed(self) -> tuple[list[Ask], list[AskKey]]:
        """What to save, and what to delete."""
        return list(self._changed.values()), list(self._over)
