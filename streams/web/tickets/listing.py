"""The page of the list, and the workbook of exactly this list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from tempfile import TemporaryFile
from typing import IO, Any, Final

from starlette.responses import Response, StreamingResponse

from streams.presentation.ticket_list.columns import COLUMNS, STANDARD
from streams.services.failure import Failure
from streams.services.ticket_list import SHEET_ROWS, ListedPage, total_words
from streams.services.ticket_query import ORDERS
from streams.services.ticket_sheet import write_sheet
from streams.web.desk.acting import outcomes_told
from streams.web.desk.navigation import FIRST_VIEW
from streams.web.desk.visits import Visit
from streams.web.outcomes import worst
from streams.web.tickets.asked import Asked, options
from streams.web.tickets.bulk import MOST, bulk_acts
from streams.web.tickets.opened import list_of
from streams.web.tickets.views import begun, views_of

_WRONG: Final = 422
_CHUNK: Final = 256 * 1024
_LENGTHS: Final = (20, 50, 100)
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_REFRESH: Final = {"Refresh": "3"}
FILE_NAME: Final = "tickets.xlsx"


async def shown(visit: Visit) -> Response:
    """The page."""
    if visit.request.url.query == FIRST_VIEW:
        return await begun(visit)
    asked, found = await list_of(visit, visit.request.query_params.multi_items())
    if found is None:
        return await _page(visit, asked, ListedPage(()), "0")
    try:
        page = await found.page()
        whole = found.query.after is None and not page.next
        total = total_words(len(page.rows) if whole else await found.count())
    except Failure as error:
        return await _page(visit, asked, ListedPage(()), "0", alert=str(error))
    return await _page(visit, asked, page, total, said=found.said)


async def _page(visit: Visit, asked: Asked, page: ListedPage, total: str, alert: str = "", said: str = "") -> Response:
    told = await outcomes_told(visit)
    state = worst(told) if told else ""
    context: dict[str, Any] = {
        "asked": asked,
        "page": page,
        "total": total,
        "columns": {name: COLUMNS[name] for name in asked.columns},
        "every_column": COLUMNS,
        "orders": ORDERS,
        "lengths": _LENGTHS,
        "options": {name: options(labels) for name, labels in asked.labels.items()},
        "alert": alert,
        "said": said,
        "views": await views_of(visit),
        "bulk": bulk_acts(visit),
        "most": MOST,
        "outcomes": told,
        "state": state,
    }
    wrong = bool(asked.faults or alert)
    return visit.page(
        "tickets/list.html", _WRONG if wrong else 200, _REFRESH if state == "pending" else None, **context
    )


async def exported(visit: Visit) -> Response:
    """The workbook: this list, in this order, with the columns of the page, or those of the standard 台账."""
    asked, found = await list_of(visit, visit.request.query_params.multi_items())
    if found is None:
        return await _page(visit, asked, ListedPage(()), "0")
    columns = asked.columns if asked.value("columns") else STANDARD
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed when it has been sent
    try:
        count = await write_sheet(found, file, visit.now.at, columns, SHEET_ROWS)
    except Failure as error:
        file.close()
        return await _page(visit, asked, ListedPage(()), "0", alert=str(error))
    except BaseException:
        file.close()
        raise
    await visit.record("export", f"tickets?{asked.address()}"[:2_000], str(count))
    length = file.tell()
    file.seek(0)
    headers: Mapping[str, str] = {
        "Content-Disposition": f'attachment; filename="{FILE_NAME}"',
        "Content-Length": str(length),
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(_sent(file), headers=headers, media_type=_XLSX)


async def _sent(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
