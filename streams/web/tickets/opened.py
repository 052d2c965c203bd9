"""The list that an address means to whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterable

from streams.presentation.ticket_list.row import Around
from streams.services.ticket_list import TicketList, open_list
from streams.services.ticket_query import BadQuery
from streams.services.ticket_words import TextIndex
from streams.web.desk.visits import Visit
from streams.web.tickets.asked import Asked, read_asked


async def list_of(visit: Visit, params: Iterable[tuple[str, str]]) -> tuple[Asked, TicketList | None]:
    """What these parameters ask for, as the viewer sees it; no list where they cannot be understood."""
    registry = await visit.premises.registry()
    asked = read_asked(params, visit.premises.policy, registry, visit.viewer)
    if asked.query is None:
        return asked, None
    around = Around(registry, visit.premises.policy, visit.now.at.astimezone(registry.zone))
    try:
        texts = TextIndex(visit.premises.store.search, visit.now.real)
        return asked, await open_list(visit.premises.ledger, asked.query, around, visit.viewer.units, texts)
    except BadQuery as error:
        return Asked(asked.pairs, None, asked.columns, asked.labels, error.faults), None
