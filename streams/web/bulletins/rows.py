"""`/bulletins/rows`: the rows behind a number of a bulletin, page by page."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from notifiers.text import clean
from streams.services.bulletins.behind import is_rows, which_number
from streams.web.bulletins.asked import asked_period
from streams.web.bulletins.listing import show_list
from streams.web.desk.visits import Visit

A_PAGE: Final = 100
_LAST: Final = 10_000  # page
_NO_SUCH: Final = 404


async def show_rows(visit: Visit) -> Response:
    """The page."""
    query = visit.request.query_params
    asked = await asked_period(visit, query.multi_items())
    if asked.wanted is None:
        return await show_list(visit, asked)
    which = which_number(query.get("of", ""), query.get("by", ""), query.get("key", ""))
    if which is None:
        raise HTTPException(_NO_SUCH)
    number = _page_number(query.get("page", ""))
    places = range((number - 1) * A_PAGE, number * A_PAGE)
    found = await visit.premises.bulletins.rows(asked.wanted, which, places)
    if found is None:
        raise HTTPException(_NO_SUCH)
    named = {name: query[name] for name in ("of", "by", "key") if name in query}
    return visit.page(
        "bulletins/rows.html",
        asked=asked,
        title=clean(found.called),
        columns=found.columns,
        rows=[(one, [clean(cell) for cell in one.cells]) for one in found.rows],
        total=found.total,
        counts_rows=is_rows(which),
        named=named,
        number=number,
        has_next=found.total > places.stop,
    )


def _page_number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < len(str(_LAST)) else 1
    return max(number, 1)
