"""`POST /bulletins/issue`: a draft becomes a record.

W-45  A bulletin is issued on a page as on the command line (S-11): computed again, refused where it would be there. It
      is what the supervisor has seen: if figures or fields by hand have changed since, it is shown anew. The page says
      that it is recorded when the ledger has it; the same form submitted twice issues once, and a number that somebody
      has issued under a moment ago is taken.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from starlette.responses import Response

from schemas.base import NAME_LIMIT
from streams.kafka.gathered_publishing import NotAcknowledged
from streams.log_events import event_log
from streams.rules.intake.seal import digest
from streams.services.bulletins.figures import WantedFigures
from streams.services.bulletins.issuing import Frame, Sealed
from streams.services.failure import Failure
from streams.store.bulletin_drafts import IssuedNumber
from streams.web.bulletins.asked import AskedPeriod, asked_period
from streams.web.bulletins.draft import draft_of, show_draft
from streams.web.bulletins.listing import show_list
from streams.web.bulletins.typed import draft_key, kept_fields
from streams.web.desk.acting import told_on
from streams.web.desk.forms import filled_in
from streams.web.desk.visits import Visit
from streams.web.forms.nonces import form_id

_WRONG, _STALE, _AWAY = 422, 409, 503
AWAY: Final = "系统暂时无法接收，尚未印发。请过几分钟再点一次“印发”，重复提交只算一次。"
CHANGED: Final = "您打开本页后，数字或手工填写的内容有了变化，尚未印发。请按下面的内容核对后再印发。"
TAKEN: Final = "文号 {0} 刚刚用于另一份通报，尚未印发。"

log = event_log(__name__)


async def issue_draft(visit: Visit) -> Response:
    """What becomes of the form."""
    sent = await filled_in(visit)
    asked = await asked_period(visit, ((name, sent.one(name)) for name in sent.fields))
    wanted = asked.wanted
    if wanted is None:
        return await show_list(visit, asked)
    frame = {"number": sent.one("number"), "date": sent.one("date")}
    nonce = sent.one("nonce")
    shown: dict[str, Any] = {"frame": frame, "nonce": nonce}
    if errors := _faults(frame):
        return await show_draft(visit, asked, wanted, _WRONG, errors=errors, **shown)
    kept = await visit.premises.store.bulletins.typed(draft_key(wanted))
    given = await draft_of(visit, wanted, kept_fields(kept.fields if kept else ""))
    if digest(given) != sent.one("seen"):
        return await show_draft(visit, asked, wanted, _STALE, alert=CHANGED, frame=frame)
    try:
        made = await visit.premises.bulletins.issue(given, Frame(**frame, issued_by=visit.viewer.name), visit.now.at)
    except Failure as failure:
        return await show_draft(visit, asked, wanted, _WRONG, alert=_chinese(failure), **shown)
    return await _published(visit, asked, wanted, made, shown)


async def _published(
    visit: Visit, asked: AskedPeriod, wanted: WantedFigures, made: Sealed, shown: dict[str, Any]
) -> Response:
    bulletin_id, number = made.document["bulletin_id"], made.document["number"]
    form = form_id(shown["nonce"], "issue", [bulletin_id])
    claimed = IssuedNumber(number, bulletin_id, form, visit.viewer.name, visit.now.real)
    if await visit.premises.store.bulletins.claim(claimed) is not None:
        return await show_draft(visit, asked, wanted, _STALE, alert=TAKEN.format(number), **shown)
    try:
        await visit.premises.bulletins.publish(visit.viewer.name, made)
    except NotAcknowledged:
        log.warning("pages_without_broker")
        return await show_draft(visit, asked, wanted, _AWAY, alert=AWAY, **shown)
    await visit.record("act", f"issue_bulletin {bulletin_id}", "published")
    return told_on(visit, f"bulletins/{bulletin_id}", form)


def _faults(frame: dict[str, str]) -> dict[str, str]:
    errors = {}
    if not frame["number"] or len(frame["number"]) > NAME_LIMIT or not frame["number"].isprintable():
        errors["number"] = f"请填写文号，如 咸政办函〔2023〕1号，不超过{NAME_LIMIT}字"
    try:
        date.fromisoformat(frame["date"])
    except ValueError:
        errors["date"] = "请填写成文日期，如 2026-12-31"
    return errors


def _chinese(failure: Failure) -> str:
    """The first line of what the terminal says in both languages, without the second one."""
    first, _, rest = str(failure).partition("\n")
    head, _, tail = first.partition(" · ")
    named = tail.partition(": ")[2]
    return "".join((head, f"：{named}" if named else "", f"。{rest.strip()}" if rest else ""))
