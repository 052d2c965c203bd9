"""`/bulletins/report`: 整改报告 of a unit that the viewer sees, as a Word document."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from streams.documents.unit_report import report_document
from streams.services.failure import Failure
from streams.services.unit_report import report_of
from streams.web.bulletins.files import TYPES
from streams.web.desk.visits import Visit
from streams.web.registry.units import show_unit, unit_seen

_WRONG: Final = 422


async def report_file(visit: Visit) -> Response:
    """The file; what is wrong with the period is said on the unit's page."""
    query, premises = visit.request.query_params, visit.premises
    unit = await unit_seen(visit, query.get("id", ""))
    try:
        first, last = date.fromisoformat(query.get("from", "")), date.fromisoformat(query.get("to", ""))
    except ValueError:
        return await show_unit(visit, _WRONG, alert="请填写整改报告的起止日期，如 2026-12-31")
    try:
        found = await report_of(
            premises.ledger, unit.unit_id, first, last, premises.policy, visit.now.at, premises.settings.zone
        )
    except Failure as failure:
        return await show_unit(visit, _WRONG, alert=str(failure).partition(" · ")[0])
    content = await asyncio.to_thread(report_document, found)
    await visit.record("export", f"bulletins/report?id={unit.unit_id}", f"{first} {last}")
    name = quote(f"{found.title}-{first}-{last}.docx", safe="")
    headers = {
        "Content-Disposition": f"attachment; filename=\"report.docx\"; filename*=UTF-8''{name}",
        "Cache-Control": "private, no-store",
    }
    return Response(content, headers=headers, media_type=TYPES["docx"])
