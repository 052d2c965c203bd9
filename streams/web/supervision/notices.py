"""`/desk/notices/{notice_id}`: a notice about a ticket, what became of it, and sending it once more.

W-23  A notice that did not arrive is sent once more (补发, N-21) from its page, with a reason, as one command in the
      viewer's name; the page says what the event says. Only notices about tickets that the viewer sees are there.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from notifiers.text import clean
from schemas.actions import Action
from schemas.channels import CHANNEL_LABELS
from streams.ledger.reading.notices import NoticeRow, find_notices
from streams.log_events import event_log
from streams.presentation.dates import local
from streams.presentation.labels import NOTICE, labelled
from streams.presentation.letters.kinds import called
from streams.presentation.masking import masked
from streams.services.commands import InvalidCommand
from streams.services.tickets import exactly
from streams.web.commanding import KafkaAway
from streams.web.desk.acting import may_act, outcomes_told, resend, told_on
from streams.web.desk.forms import filled_in
from streams.web.desk.visits import Visit
from streams.web.outcomes import worst
from streams.web.premises import DESK
from streams.web.supervision.held_runs import LOOKS
from streams.web.tickets.acts import AWAY, NOT_MADE
from streams.web.tickets.fields import FIELDS, FilledAct, read_fields

_ACTION: Final[Action] = "resend_notice"
_NO_SUCH, _WRONG, _REFUSED, _AWAY = 404, 422, 409, 503
_REFRESH: Final = {"Refresh": "3"}
_LONGEST: Final = 32  # characters of an id
_NOT_BY_ROLE: Final = "由主管单位决定，本账号的角色不能补发。"

log = event_log(__name__)


class _Sending(NamedTuple):
    """What was typed, and what is wrong with it."""

    filled: FilledAct
    alert: str = ""


async def _seen(visit: Visit, notice_id: str) -> NoticeRow:
    """Raises 404 where there is no such notice about a ticket that the viewer sees."""
    found = await find_notices(visit.premises.ledger, notice_id) if len(notice_id) == _LONGEST else []
    if len(found) == 1 and found[0].ticket_id is not None:
        ticket = await exactly(visit.premises.ledger, found[0].ticket_id)
        if ticket is not None and visit.viewer.sees(ticket.ticket.unit_id):
            return found[0]
    raise HTTPException(_NO_SUCH)


def _why_not(visit: Visit) -> str:
    if visit.viewer.command_role is None:
        return LOOKS
    return visit.premises.signing[DESK].reason if may_act(visit, _ACTION) else _NOT_BY_ROLE


async def shown(visit: Visit) -> Response:
    """The page."""
    row = await _seen(visit, visit.request.path_params["notice_id"])
    return await _page(visit, row, _Sending(FilledAct()), 200)


async def _page(visit: Visit, row: NoticeRow, sending: _Sending, status: int, **more: str) -> Response:
    """`more`: the nonce of the form, where submitting it again is the same."""
    told = await outcomes_told(visit)
    state = worst(told) if told else ""
    one, zone = row.notice, visit.premises.settings.zone
    context: dict[str, Any] = {
        "row": row,
        "title": called(one.kind, visit.premises.policy),
        "facts": (
            ("网站/账号", clean(row.asset_name)),
            ("收件人", f"{clean(one.name)} {masked(one)}"),
            ("渠道", labelled(CHANNEL_LABELS, one.channel)),
            ("状态", f"{labelled(NOTICE, one.state)} {one.code or ''}"),
            ("时间", local(one.updated_at, zone)),
        ),
        "cannot": _why_not(visit),
        "fields": FIELDS[_ACTION],
        "filled": sending.filled,
        "alert": sending.alert,
        "outcomes": told,
        "state": state,
    }
    headers = _REFRESH if state == "pending" else None
    return visit.page("supervision/notice.html", status, headers, **{**context, **more})


async def submitted(visit: Visit) -> Response:
    """One command; where the page goes says what became of it."""
    sent = await filled_in(visit)
    row = await _seen(visit, visit.request.path_params["notice_id"])
    filled = read_fields(FIELDS[_ACTION], sent, visit.premises.settings.zone, {})
    if filled.errors:
        return await _page(visit, row, _Sending(filled), _WRONG)
    if reason := _why_not(visit):
        return await _page(visit, row, _Sending(filled, reason), _REFUSED)
    nonce = sent.one("nonce")
    try:
        done = await resend(visit, row, nonce, **filled.fields)
    except KafkaAway:
        log.warning("pages_without_broker")
        return await _page(visit, row, _Sending(filled, AWAY), _AWAY, nonce=nonce)
    except InvalidCommand:
        return await _page(visit, row, _Sending(filled, NOT_MADE), _WRONG)
    return told_on(visit, f"desk/notices/{row.notice.notice_id}", done.form)
