"""Documents of a draft or of an issued bulletin, as files."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from streams.documents.formats import DraftFormat, made_of
from streams.files.bulletin_file import with_moved_parts
from streams.files.faults import FileError
from streams.web.bulletins.asked import asked_period
from streams.web.bulletins.draft import draft_of
from streams.web.bulletins.issued import issued_seen
from streams.web.bulletins.listing import show_list
from streams.web.bulletins.typed import draft_key, kept_fields
from streams.web.desk.visits import Visit

_TYPES: Final = {
    DraftFormat.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    DraftFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    DraftFormat.HTML: "text/html; charset=utf-8",
    DraftFormat.JSON: "application/json",
}
_NO_SUCH: Final = 404


async def draft_file(visit: Visit) -> Response:
    """Of a draft, with the fields by hand as they are saved."""
    query = visit.request.query_params
    asked = await asked_period(visit, query.multi_items())
    if asked.wanted is None:
        return await show_list(visit, asked)
    kept = await visit.premises.store.bulletins.typed(draft_key(asked.wanted))
    found = await draft_of(visit, asked.wanted, kept_fields(kept.fields if kept else ""))
    return await _sent(visit, found, f"通报-{found['from']}-{found['to']}", f"draft?{asked.address}")


async def issued_file(visit: Visit, bulletin_id: str) -> Response:
    """Of an issued one; lists that stand in files are put in where these files are here."""
    document = await issued_seen(visit, bulletin_id)
    try:
        whole = await asyncio.to_thread(with_moved_parts, document, visit.premises.bulletins.folder)
    except FileError:
        return visit.page("bulletins/elsewhere.html", _NO_SUCH, document=document)
    return await _sent(visit, whole, str(document["number"]), bulletin_id)


async def _sent(visit: Visit, found: Mapping[str, Any], name: str, about: str) -> Response:
    wanted = visit.request.query_params.get("format", "")
    kind = next((one for one in DraftFormat if one == wanted), None)
    if kind is None:
        raise HTTPException(_NO_SUCH)
    content = await asyncio.to_thread(made_of, kind, found)
    await visit.record("export", f"bulletins/{about}"[:2_000], kind)
    headers = {
        "Content-Disposition": f"attachment; filename=\"bulletin.{kind}\"; filename*=UTF-8''{quote(f'{name}.{kind}')}",
        "Cache-Control": "private, no-store",
    }
    return Response(content, headers=headers, media_type=_TYPES[kind])
