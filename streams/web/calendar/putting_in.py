"""`POST /calendar`: another arrangement of a year, shown with what it would move, and then published.

W-33  An arrangement is shown first: the days that change, those that the law adds, what the file says of no day, and
      the open tickets whose provisional deadlines would move. It is published by somebody who registers for all units
      alone, on top of the arrangement that was shown.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, NamedTuple

import orjson
from pydantic import ValidationError
from starlette.responses import Response

from schemas.calendar import CalendarError, CalendarYear
from streams.files.calendar.formats import parse_calendar
from streams.files.registry.records import digest
from streams.kafka.gathered_publishing import NotAcknowledged
from streams.ledger.reading.listing.filter import TicketFilter
from streams.ledger.reading.listing.listing import list_tickets
from streams.log_events import event_log
from streams.presentation.calendar_faults import calendar_fault
from streams.presentation.calendar_year import holiday_lines
from streams.presentation.dates import day, listed_day
from streams.services.calendar import moved_by as moved_deadlines
from streams.services.calendar import proposed
from streams.services.registering import StaleRecord
from streams.store.record_changes import RecordChange
from streams.web.calendar.year import may_put_in, show_year
from streams.web.desk.acting import told_on
from streams.web.desk.forms import filled_in
from streams.web.desk.visits import Visit
from streams.web.forms.nonces import form_id
from streams.web.forms.reading import FileSent, SentForm

NOT_YOURS: Final = "工作日历适用于全部单位，请联系能看到全部单位的登记员或管理员更换。"
AWAY: Final = "系统暂时无法接收，尚未发布。请过几分钟再点一次“发布”，重复提交只算一次。"
_CHANGED: Final = "这一年的安排在您核对后有了变化，尚未发布。请按下面的新结果再核对一次。"
_NAMED: Final = 20  # tickets, events
_MOST: Final = 1024 * 1024  # bytes of a file
_WRONG, _STALE, _AWAY = 422, 409, 503

log = event_log(__name__)


class _Read(NamedTuple):
    """An arrangement, and events of its file that say neither."""

    year: CalendarYear
    passed_over: tuple[str, ...] = ()


async def submit_calendar(visit: Visit) -> Response:
    """The first time it is shown what would change, the second time (`confirm`) that is published."""
    sent = await filled_in(visit, visit.premises.shelf)
    this_year = visit.now.at.astimezone(visit.premises.settings.zone).year
    try:
        if not may_put_in(visit):
            return await show_year(visit, this_year, _WRONG, alert=NOT_YOURS)
        read = await _read(visit, sent)
    except CalendarError as error:
        return await show_year(visit, this_year, _WRONG, errors={"file": calendar_fault(error.reason)})
    finally:
        sent.drop()
    if sent.one("confirm") != "1":
        return await _preview(visit, read)
    return await _published(visit, read, sent)


async def _read(visit: Visit, sent: SentForm) -> _Read:
    """Raises CalendarError."""
    if sent.one("confirm") == "1":
        try:
            return _Read(CalendarYear.model_validate_json(sent.one("arrangement")))
        except ValidationError:
            raise CalendarError("file", "文件已失效，请重新选择") from None
    file = sent.files[0] if sent.files else FileSent("", None, "请选择文件")
    if file.incoming is None or file.incoming.size > _MOST:
        raise CalendarError("file", file.fault or "文件过大，不超过1MB")
    text = sent.one("year")
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) == len("2026") else None
    if text and wanted is None:
        raise CalendarError("year", "年份填四位数字，如 2027")
    file.incoming.finish()
    zone = visit.premises.settings.zone
    data = file.incoming.path.read_bytes()
    found = await asyncio.to_thread(parse_calendar, data, file.name, wanted=wanted, zone=zone)
    return _Read(found.year, found.passed_over)


async def _preview(visit: Visit, read: _Read, status: int = 200, alert: str = "", **more: Any) -> Response:
    """What it would change."""
    registry = await visit.premises.registry()
    try:
        arrangement, added, changes = proposed(registry.calendar, read.year)
    except CalendarError as error:
        return await show_year(visit, read.year.year, _WRONG, errors={"file": calendar_fault(error.reason)})
    after = registry.calendar.with_year(arrangement.year, arrangement.by_date)
    zone = registry.zone
    moved = await moved_deadlines(visit.premises.ledger, after, zone, first=_NAMED)
    chosen = TicketFilter(ticket_pks=tuple(moved.first))
    named = await list_tickets(visit.premises.ledger, chosen, limit=_NAMED) if moved.first else []
    text = orjson.dumps(arrangement.model_dump(mode="json")).decode()
    current = await visit.premises.registering.read(f"calendar:{arrangement.year}")
    proposal = {
        "source": arrangement.source,
        "changes": [(listed_day(one), off) for one, off in changes.items()],
        "lines": holiday_lines(arrangement.by_date, {one.date: one.name for one in arrangement.days}),
        "added": [f"{listed_day(one.date)}{one.name}" for one in added],
        "passed_over": read.passed_over[:_NAMED],
        "passed_over_many": len(read.passed_over),
        "no_makeup": all(one.off for one in arrangement.days),
        "moved": moved,
        "tickets": [(one.ticket_id, day(one.due_at, zone), day(moved.first[one.pk], zone)) for one, _ in named],
        "arrangement": text,
        "base": current.digest,
        "same": current.digest == digest("calendar", text),
    }
    return await show_year(visit, arrangement.year, status, proposal=proposal, alert=alert, **more)


async def _published(visit: Visit, read: _Read, sent: SentForm) -> Response:
    registry = await visit.premises.registry()
    key, base, nonce = f"calendar:{read.year.year}", sent.one("base"), sent.one("nonce")
    try:
        arrangement = proposed(registry.calendar, read.year).arrangement
    except CalendarError as error:
        return await show_year(visit, read.year.year, _WRONG, errors={"file": calendar_fault(error.reason)})
    value = orjson.dumps(arrangement.model_dump(mode="json"))
    made = digest("calendar", value)
    form = form_id(nonce, "register", [key, base, made])
    change = RecordChange(key, form, base, made, visit.viewer.name, visit.now.real)
    try:
        there = await visit.premises.registering.change(change, value)
    except StaleRecord:
        return await _preview(visit, read, _STALE, _CHANGED)
    except NotAcknowledged:
        log.warning("pages_without_broker")
        return await _preview(visit, read, _AWAY, AWAY, nonce=nonce)
    await visit.record("register", key, "done" if there else "published")
    return told_on(visit, f"calendar/{read.year.year}", form)
