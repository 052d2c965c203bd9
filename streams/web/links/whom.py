"""Whom to call about a link."""

from __future__ import annotations

from streams.presentation.ticket.letter_item import letterhead
from streams.services.links import OpenLink
from streams.web.premises import Premises


async def whom_to_call(premises: Premises, link: OpenLink) -> str:
    """Whoever signs the letters to the unit; empty where nobody has said who does."""
    return letterhead(link.notice.unit_id, await premises.registry(), premises.settings.office).whom_to_call
