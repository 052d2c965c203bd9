"""What became of a change of the registry: the ledger says it, never the submission itself."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final, NamedTuple

from streams.web.desk.acting import WORDS
from streams.web.desk.visits import Visit
from streams.web.outcomes import Became, State

SAVED: Final = "已保存，工作节点已采用。"
_PATIENCE: Final = timedelta(minutes=2)
_SHOWN: Final = timedelta(minutes=10)
_FORM: Final = re.compile(r"web-[0-9a-f]{24}", re.ASCII)
_REFRESH: Final = {"Refresh": "3"}


class EditOutcome(NamedTuple):
    """For a page: what it says, and its headers."""

    context: dict[str, Any]
    headers: dict[str, str] | None = None


async def edit_told(visit: Visit) -> EditOutcome:
    """Of what the page's address says was submitted; nothing if it says nothing, or after ten minutes."""
    form = visit.request.query_params.get("done", "")
    changes = await visit.premises.registering.became(form) if _FORM.fullmatch(form) else []
    mine = [(one, there) for one, there in changes if one.account == visit.viewer.name]
    mine = [(one, there) for one, there in mine if visit.now.real - one.at < _SHOWN]
    if not mine:
        return EditOutcome({"outcomes": [], "state": "done"})
    waited = visit.now.real - mine[0][0].at
    state: State = "done" if all(there for _, there in mine) else "late" if waited > _PATIENCE else "pending"
    text = {"done": SAVED, "late": WORDS.late}.get(state, WORDS.pending)
    context = {"outcomes": [Became("", state, text)], "state": state}
    return EditOutcome(context, _REFRESH if state == "pending" else None)
