"""A ticket as a page to be printed: one slip, A4, nothing around it."""

from __future__ import annotations

from starlette.responses import Response

from streams.presentation.slip import SLIPS, TITLES, slip
from streams.presentation.ticket.letter_item import letterhead
from streams.presentation.unit_page.view import page
from streams.services.tickets import load
from streams.web.desk.visits import Visit
from streams.web.tickets.single import seen


async def printed(visit: Visit, ticket_id: str) -> Response:
    """整改通知单, or what `form` names."""
    found = await seen(visit, ticket_id)
    premises = visit.premises
    registry = await premises.registry()
    dossier = await load(premises.ledger, found, registry=registry)
    given = visit.request.query_params.get("form")
    kind = next((one for one in SLIPS if one == given), SLIPS[0])
    it = page(dossier, registry, premises.policy, visit.now.at, premises.registry.day_names)
    sender = letterhead(found.ticket.unit_id, registry, premises.settings.office)
    rows = slip(kind, it, dossier, registry, sender, visit.now.at)
    return visit.page("tickets/slip.html", title=TITLES[kind], rows=rows, head=it.head, slips=TITLES)
