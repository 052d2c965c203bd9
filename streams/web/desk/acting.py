"""What somebody does at the desk: one command a ticket, signed with the key `web-desk`, and what its event says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from schemas.actions import Action
from streams.ledger.reading.notices import NoticeRow
from streams.services.commands import new_command
from streams.services.notices import asset_of
from streams.services.runs import HeldRun
from streams.services.tickets import Found
from streams.web.acting import Submitted, submit
from streams.web.desk.visits import Visit
from streams.web.forms.nonces import form_id
from streams.web.outcomes import Became, OutcomeWords, outcomes
from streams.web.premises import DESK

WORDS: Final = OutcomeWords(
    pending="已提交，尚在处理。本页每3秒自动刷新。",
    late="已提交，但超过2分钟仍无结果。内容没有丢失，请稍后再看；仍无结果请联系管理员。",
    done={},
    call="请联系管理员",
)
_FORM: Final = re.compile(r"web-[0-9a-f]{24}", re.ASCII)
_FORBIDDEN, _NOT_FOUND, _SEE_OTHER = 403, 404, 303


def may_act(visit: Visit, action: Action) -> bool:
    """Whether the pack lets the viewer's role give this command (O-7)."""
    role = visit.viewer.command_role
    return role is not None and action in getattr(visit.premises.policy.commands, role).may


async def act(visit: Visit, action: Action, tickets: Sequence[Found], nonce: str, **fields: Any) -> Submitted:
    """W-3  One command for each ticket, in the viewer's name; the same form submitted twice acts once.

    `nonce`: of the form; `fields`: of the command. A role that may not, or a ticket that the viewer does not see, is an
    HTTP error. Raises KafkaAway (the brokers have not taken it: submitted again, it is the same), InvalidCommand.
    """
    if not may_act(visit, action):
        raise HTTPException(_FORBIDDEN)
    if not all(visit.viewer.sees(one.ticket.unit_id) for one in tickets):
        raise HTTPException(_NOT_FOUND)
    ids = [one.ticket.ticket_id for one in tickets]
    form = form_id(nonce, action, [*ids, *(f"{name}={value}" for name, value in sorted(fields.items()))])
    commands = [
        new_command(
            action, one.asset.asset_id, visit.viewer.name, visit.now.at, command_id=f"{form}.{one.ticket.ticket_id}",
            ticket_id=one.ticket.ticket_id, via=visit.viewer.via, **fields,
        )
        for one in tickets
    ]  # fmt: skip
    done = await submit(visit.premises, DESK, form, commands, visit.now, WORDS)
    for one in done.outcomes:
        await visit.record("act", f"{action} {one.ticket_id}", one.state)
    return done


async def judge(visit: Visit, action: Action, runs: Sequence[HeldRun], nonce: str, **fields: Any) -> Submitted:
    """The same about held runs, of assets whose units the viewer sees (W-21); raises as `act` does."""
    if not may_act(visit, action):
        raise HTTPException(_FORBIDDEN)
    if not all(visit.viewer.sees(one.asset.unit_id) for one in runs):
        raise HTTPException(_NOT_FOUND)
    named = [one.named for one in runs]
    content = (value for one in named for value in one.values())
    form = form_id(nonce, action, [*content, *(f"{name}={value}" for name, value in sorted(fields.items()))])
    commands = [
        new_command(
            action, by=visit.viewer.name, at=visit.now.at, command_id=f"{form}.{number}", via=visit.viewer.via,
            **one, **fields,
        )
        for number, one in enumerate(named)
    ]  # fmt: skip
    done = await submit(visit.premises, DESK, form, commands, visit.now, WORDS)
    for one, outcome in zip(named, done.outcomes, strict=True):
        await visit.record("act", f"{action} {' '.join(one.values())}", outcome.state)
    return done


async def resend(visit: Visit, row: NoticeRow, nonce: str, **fields: Any) -> Submitted:
    """The same about a notice of a ticket that the viewer sees (W-23); raises as `act` does."""
    if not may_act(visit, "resend_notice"):
        raise HTTPException(_FORBIDDEN)
    notice_id = row.notice.notice_id
    form = form_id(nonce, "resend_notice", [notice_id, *(f"{name}={value}" for name, value in sorted(fields.items()))])
    command = new_command(
        "resend_notice", asset_of(row), visit.viewer.name, visit.now.at, command_id=f"{form}.notice",
        ticket_id=row.ticket_id, notice_id=notice_id, via=visit.viewer.via, **fields,
    )  # fmt: skip
    done = await submit(visit.premises, DESK, form, [command], visit.now, WORDS)
    await visit.record("act", f"resend_notice {row.ticket_id}", done.outcomes[0].state)
    return done


def told_on(visit: Visit, page: str, form: str) -> Response:
    """To the page that says what became of it; `page` is below our root and may have a query."""
    return RedirectResponse(f"{visit.root}{page}{'&' if '?' in page else '?'}done={form}", _SEE_OTHER)


async def outcomes_told(visit: Visit) -> list[Became]:
    """What became of what the page's address says was submitted; empty if it says nothing."""
    form = visit.request.query_params.get("done", "")
    if not _FORM.fullmatch(form):
        return []
    return await outcomes(visit.premises, form, visit.viewer.via, visit.now, WORDS)
