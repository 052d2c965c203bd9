"""From picked notices to what the notifiers render: a letter about tickets, each of them once, and warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import orjson

from notifiers.protocol import Recipient
from schemas.ladder import ABOUT_ASKS, ANSWERED
from schemas.policy import Policy
from streams.ledger import DueNotices, Transaction
from streams.presentation.letters.kinds import EXPLAINED, rank
from streams.presentation.letters.letter import Letter, LetterItem, Others, SilenceItem, WarningItem, WeekItem
from streams.presentation.letters.office import Office
from streams.presentation.ticket.letter_item import (
    answer_words,
    asked_words,
    letter_item,
    letterhead,
    reader_of,
    reason_of,
)
from streams.rules.notices.silence_mails import SILENT
from streams.rules.notices.weekly_mails import WEEKLY
from streams.rules.sending.night_reason import outside
from streams.rules.sending.sending import Delivery
from streams.rules.state.documents import asset_document, unit_document
from streams.rules.state.records import AssetRecord, Notice
from streams.rules.state.snapshot import Now, Registry
from streams.rules.tickets.tickets import OPEN

NOBODY: Final = Office()
"""Of an installation that has not said who it is."""


async def reasons(
    tx: Transaction, deliveries: Sequence[Delivery], due: DueNotices, registry: Registry
) -> dict[str, str]:
    """By notice id: why a ticket was sent back, reopened or closed, what was held, asked or answered."""
    found = {}
    for notice in (notice for delivery in deliveries for notice in delivery.notices):
        if text := await _reason(tx, notice, due, registry):
            found[notice.notice_id] = text
    return found


async def _reason(tx: Transaction, notice: Notice, due: DueNotices, registry: Registry) -> str:
    """The same of one; a relapse needs no words."""
    if notice.kind not in EXPLAINED:
        return ""
    if notice.kind == ANSWERED:
        return answer_words(await tx.deliveries.answers_since(notice.ticket_pk, notice.created_at), registry)
    if notice.kind in ABOUT_ASKS:
        return asked_words([ask for ask in due.asks if ask.ticket_pk == notice.ticket_pk], registry)
    return reason_of(notice.kind, await tx.deliveries.latest_event(notice.ticket_pk, notice.kind))


def letter(
    delivery: Delivery,
    due: DueNotices,
    registry: Registry,
    policy: Policy,
    now: Now,
    why: Mapping[str, str],
    others: Others | None = None,
    office: Office = NOBODY,
) -> Letter:
    """The letter of a delivery, with its tickets as they now stand; `others` are further rows (N-27)."""
    by_ticket: dict[int, Notice] = {}
    warnings, silences = [], []
    week: WeekItem | None = None
    for notice in delivery.notices:
        if notice.kind == WEEKLY:
            week = _week(notice, week)
            continue
        if notice.kind == SILENT and notice.subject_json is not None:
            silences.append(_silence(notice.subject_json, registry))
            continue
        if notice.subject_json is not None:
            warnings.append(_warning(notice.subject_json, due.assets[notice.asset_pk], registry))
            continue
        known = by_ticket.get(notice.ticket_pk)
        if known is None or rank(notice.kind, policy) > rank(known.kind, policy):
            by_ticket[notice.ticket_pk] = notice
    first = delivery.notices[0]
    items = tuple(_item(notice, due, registry, policy, now, why, office) for notice in by_ticket.values())
    linked = next((one for one, item in zip(by_ticket.values(), items, strict=True) if _has_page(item)), None)
    unit = registry.units.get(first.unit_id or "")
    return Letter(
        recipient=Recipient(first.name, first.address, first.role),
        items=items,
        at=now.at,
        zone=registry.zone,
        warnings=tuple(warnings),
        silences=tuple(silences),
        week=week,
        others=others,
        outside=outside(delivery.notices, due.tickets, policy.sending.quiet, registry, now.at),
        letterhead=letterhead(first.unit_id, registry, office),
        unit=unit.name if unit is not None else "",
        pages=office.pages(linked.notice_id) if linked is not None else (),
        guide=office.guide if linked is not None else "",
        code=office.code(linked.notice_id) if linked is not None else "",
    )


def _has_page(item: LetterItem) -> bool:
    """Whether its reader can act on the unit's page."""
    return item.reader == "duty" and not item.over


def _silence(subject_json: str, registry: Registry) -> SilenceItem:
    subject = orjson.loads(subject_json)
    producer = registry.producers.get(subject["source"])
    return SilenceItem(subject, producer.name if producer is not None else "")


def _week(notice: Notice, other: WeekItem | None) -> WeekItem:
    """What a notice is about, together with that of another week that was not told yet."""
    subject = orjson.loads(notice.subject_json or "{}")
    since, until = (datetime.fromisoformat(subject[name]) for name in ("since", "until"))
    if other is not None:
        since, until = min(since, other.since), max(until, other.until)
    return WeekItem(notice.unit_id or "", since, until)


def _warning(subject_json: str, asset: AssetRecord, registry: Registry) -> WarningItem:
    return WarningItem(orjson.loads(subject_json), asset_document(asset), unit_document(registry, asset.unit_id))


def _item(
    notice: Notice,
    due: DueNotices,
    registry: Registry,
    policy: Policy,
    now: Now,
    why: Mapping[str, str],
    office: Office,
) -> LetterItem:
    ticket, asset, problems = due.tickets[notice.ticket_pk], due.assets[notice.asset_pk], due.problems[notice.ticket_pk]
    reader = reader_of(notice.kind, notice.unit_id, notice.role, ticket, registry)
    item = letter_item(
        notice.kind,
        ticket,
        asset,
        problems,
        registry,
        policy,
        now,
        why.get(notice.notice_id, ""),
        reader,
        office.desk(ticket.ticket_id) if reader in ("head", "supervisor") else "",
    )
    over = notice.kind == ANSWERED and (ticket.status not in OPEN or ticket.unit_id != notice.unit_id)
    return replace(item, over=over) if over else item
