"""`/bulletins/{bulletin_id}`: one bulletin as it was issued."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from streams.ledger.reading.bulletins import issued_document
from streams.services.bulletins.issuing import check_seal
from streams.store.bulletin_drafts import HELD, IssuedNumber
from streams.web.bulletins.asked import sees_area
from streams.web.bulletins.figures import is_times, shown_figures
from streams.web.bulletins.typed import FIELDS
from streams.web.desk.acting import WORDS
from streams.web.desk.visits import Visit
from streams.web.outcomes import Became, State

_ID: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
_FORM: Final = re.compile(r"web-[0-9a-f]{24}", re.ASCII)
_REFRESH: Final = {"Refresh": "3"}
_NO_SUCH: Final = 404
RECORDED: Final = "已印发并登记，此后不变。"


async def issued_seen(visit: Visit, bulletin_id: str) -> dict[str, Any]:
    """The bulletin, if it is recorded and the viewer sees it; raises 404."""
    found = await issued_document(visit.premises.ledger, bulletin_id) if _ID.fullmatch(bulletin_id) else None
    if found is None or not sees_area(visit.viewer, found.get("area")):
        raise HTTPException(_NO_SUCH)
    return found


async def show_issued(visit: Visit, bulletin_id: str) -> Response:
    """The page; of one that was just issued also while no worker has recorded it."""
    mine = await _just_issued(visit, bulletin_id)
    found = await issued_document(visit.premises.ledger, bulletin_id) if mine is not None else None
    if mine is not None and found is None:
        late = visit.now.real - mine.at > HELD
        state: State = "late" if late else "pending"
        told = Became(mine.number, state, WORDS.late if late else WORDS.pending)
        return visit.page("bulletins/waiting.html", 200, None if late else _REFRESH, outcomes=[told], state=state)
    document = await issued_seen(visit, bulletin_id)
    return _page(visit, document, [Became("", "done", RECORDED)] if mine is not None else [])


def _page(visit: Visit, document: Mapping[str, Any], outcomes: list[Became]) -> Response:
    names = ("from", "to", "as_of", "area")
    address = urlencode({name: document[name] for name in names if document.get(name)})
    typed = document["typed"]
    return visit.page(
        "bulletins/issued.html",
        document=document,
        shown=shown_figures(document, address),
        is_times=is_times,
        typed=[(label, typed[name]) for name, label in FIELDS.items() if typed.get(name)],
        broken=check_seal(document),
        outcomes=outcomes,
        state="done",
    )


async def _just_issued(visit: Visit, bulletin_id: str) -> IssuedNumber | None:
    """What the address says was submitted, by the viewer."""
    form = visit.request.query_params.get("done", "")
    found = await visit.premises.store.bulletins.of_form(form) if _FORM.fullmatch(form) else None
    if found is None or found.bulletin_id != bulletin_id or found.account != visit.viewer.name:
        return None
    return found
