"""Notices: which there are, and what became of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from schemas.policy import Policy
from streams.ledger import Ledger
from streams.ledger.reading.notices import NoticeFilter, NoticeRow, find_notices, list_notices, suppressed_notices
from streams.presentation.why_not_sent import Reason, unsent
from streams.services import tickets
from streams.services.failure import Failure
from streams.services.names import unit_named, was_somebody
from streams.services.registry import unit_names
from streams.settings.model import Settings


@dataclass(frozen=True, slots=True)
class NoticeQuery:
    """Which notices a person asks for; what is None or empty does not matter."""

    states: tuple[str, ...] = ()
    channel: str | None = None
    unit: str | None = None  # id or name, of the recipient
    ticket: str | None = None  # its id, or the unique beginning of it
    since: datetime | None = None  # changed then or later


class About(NamedTuple):
    """A notice, why it was not sent, if it was not, and the events that name it."""

    row: NoticeRow
    why: Reason | None = None
    events: Sequence[Mapping[str, Any]] = ()  # as published


async def listed(ledger: Ledger, wanted: NoticeQuery, *, limit: int) -> list[NoticeRow]:
    """At most `limit` notices, those that changed last first; raises Failure for a unit or ticket nobody knows."""
    about = (await tickets.find(ledger, wanted.ticket)).ticket.pk if wanted.ticket else None
    names = await unit_names(ledger) if wanted.unit else {}
    chosen = NoticeFilter(wanted.states, wanted.channel, unit_named(names, wanted.unit), about, wanted.since)
    rows = await list_notices(ledger, chosen, limit=limit)
    was_somebody(names, wanted.unit, rows)
    return rows


def asset_of(row: NoticeRow) -> str:
    """The id of the asset that a notice is about; raises Failure for one about no asset, of which no command is."""
    if row.asset is None:
        msg = f"通知 {row.notice.notice_id} 不是关于某个网站或账号的，不能补发、停发 · it is about no asset"
        raise Failure(msg)
    return row.asset.asset_id


async def suppressed(ledger: Ledger, code: str) -> list[NoticeRow]:
    """What was not sent for this reason and is about tickets that are not closed."""
    return await suppressed_notices(ledger, code)


async def find(ledger: Ledger, wanted: str) -> NoticeRow:
    """The notice with this id, or the only one whose id begins so; raises Failure when there is none, or several."""
    found = await find_notices(ledger, wanted)
    if len(found) == 1:
        return found[0]
    several = f"{wanted} 不唯一 · several notices begin so: {'、'.join(row.notice.notice_id for row in found)} ..."
    raise Failure(several if found else f"没有通知 {wanted} · no notice has or begins with this id")


async def about(ledger: Ledger, wanted: str, settings: Settings, policy: Policy, now: datetime) -> About:
    """All about the notice that a person names; raises Failure as `find` does."""
    row = await find(ledger, wanted)
    if row.ticket_id is None:
        return About(row)
    dossier = await tickets.load_named(ledger, row.ticket_id)
    own = row.notice.notice_id
    return About(
        row,
        why=unsent(row.notice, tickets.case_of(dossier, settings, policy, now)),
        events=[event for event in dossier.events if own in (event.get("notice_id"), event.get("new_notice_id"))],
    )


def moment(text: str, zone: ZoneInfo) -> datetime:
    """A date begins with its day in the zone; a time without an offset is in it. Raises Failure for neither."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), zone)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is neither a date nor a time, such as 2026-03-02 or 2026-03-02T09:00"
        raise Failure(msg) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)
