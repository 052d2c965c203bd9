"""What sentences about a ticket need beside the event. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from schemas.policy import Policy
from streams.presentation.dates import local
from streams.presentation.labels import NO_UNIT, where
from streams.presentation.ticket.dossier import Dossier

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Narrator:
    """What the sentences need beside the event."""

    dossier: Dossier
    policy: Policy
    zone: ZoneInfo

    def unit(self, unit_id: str | None) -> str:
        """The name of a unit."""
        known = self.dossier.units.get(unit_id or "")
        return known.name if known is not None else unit_id or NO_UNIT

    def sentence(self, event: Event) -> str:
        """What the event says, without the asset's name where the ledger keeps that apart."""
        return self.dossier.sentences.get(event["id"], event["summary"])

    def place(self, locator: str | None) -> str:
        """Where on the asset, or that it is the whole of it."""
        return where(locator, self.dossier.asset.kind)

    def when(self, moment: str | None) -> str:
        """A moment of an event."""
        return local(moment, self.zone)
