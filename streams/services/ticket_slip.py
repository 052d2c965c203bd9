"""A ticket on paper: what stands on its slip (presentation/slip.py), asked of the ledger."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.policy import Policy
from streams.ledger import Ledger
from streams.presentation.letters.office import Office
from streams.presentation.slip import SlipKind, SlipRow, slip
from streams.presentation.ticket.letter_item import letterhead
from streams.presentation.unit_page.view import page
from streams.services.known_registry import KnownRegistry
from streams.services.tickets import find, load


async def slip_of(
    ledger: Ledger, wanted: str, kind: SlipKind, policy: Policy, office: Office, zone: ZoneInfo, now: datetime
) -> tuple[str, list[SlipRow]]:
    """The ticket's number and the rows of its slip; raises Failure where nobody or several are meant."""
    known = KnownRegistry(ledger, zone)
    registry = await known()
    found = await find(ledger, wanted)
    dossier = await load(ledger, found, registry=registry)
    it = page(dossier, registry, policy, now, known.day_names)
    sender = letterhead(found.ticket.unit_id, registry, office)
    return found.ticket.ticket_id, slip(kind, it, dossier, registry, sender, now)
