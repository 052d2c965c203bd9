"""整改报告: what a unit had to put right in a period, what it did, when, how that was proved, what is open. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from notifiers.text import clean
from streams.presentation.dates import local, plain_day, written_day
from streams.presentation.labels import NOBODY
from streams.presentation.ticket_list.row import TicketRow

TITLE: Final = "整改情况报告"
_DAY: Final = "%Y-%m-%d"
NOTHING: Final = "本期间没有整改单。"
NONE_OPEN: Final = "没有未完成的整改。"
_SET_ASIDE: Final = "dismissed"
_DONE: Final = "closed"


class ReportEntry(NamedTuple):
    """One slip: its number and what is wrong, and what there is to say of it."""

    head: str
    lines: Sequence[str]


class ReportOfAsset(NamedTuple):
    """The slips of one website or account."""

    asset: str
    entries: Sequence[ReportEntry]


class UnitReport(NamedTuple):
    """A report; what no program knows is left to be written by hand."""

    title: str
    summary: str
    done: Sequence[ReportOfAsset]
    still_open: Sequence[ReportOfAsset]
    unit: str
    day: str  # of the report, as 2026-03-31


def unit_report(unit: str, first: date, last: date, rows: Sequence[TicketRow], today: date) -> UnitReport:
    """Of the slips that were opened in the period; what was merged into another one is told there."""
    counted = [row for row in rows if row.ticket.close_reason != "merged"]
    ended = [row for row in counted if row.ticket.closed_at is not None]
    rest = [row for row in counted if row.ticket.closed_at is None]
    aside = sum(row.ticket.status == _SET_ASIDE for row in ended)
    late = sum(row.light.colour == "red" for row in rest)
    period = f"{written_day(first)}至{plain_day(last, first)}"
    parts = [
        f"{period}，{unit}收到整改单 {len(counted)} 份，完成整改 {len(ended) - aside} 份",
        f"核减、报备 {aside} 份" if aside else "",
        f"未完成 {len(rest)} 份{f'（其中逾期 {late} 份）' if late else ''}",
    ]
    summary = f"{'，'.join(filter(None, parts))}。" if counted else NOTHING
    return UnitReport(f"{unit}{TITLE}", summary, _by_asset(ended), _by_asset(rest), unit, today.isoformat())


def _by_asset(rows: Sequence[TicketRow]) -> list[ReportOfAsset]:
    """In the order in which the first slip of each was opened."""
    found: dict[str, list[TicketRow]] = {}
    for row in rows:
        found.setdefault(row.asset.asset_id, []).append(row)
    return [ReportOfAsset(_asset(some[0]), [_entry(row) for row in some]) for some in found.values()]


def _asset(row: TicketRow) -> str:
    code = row.asset.code
    return f"{row.name}（{code}）" if code else row.name


def _entry(row: TicketRow) -> ReportEntry:
    place = row.page.href or row.page.where
    problem = f"{row.wrong}；位置：{place}" if row.wrong else f"位置：{place}"
    lines = [
        f"问题：{problem}",
        f"发现：{row.found}；整改时限：{row.due}",
        f"措施：{_measures(row)}",
        _end(row),
    ]
    return ReportEntry(f"{row.check}（{row.ticket.ticket_id}）", [line for line in lines if line])


def _measures(row: TicketRow) -> str:
    claim = row.claim
    if claim is None:
        return "未反馈"
    files = (claim.get("evidence") or {}).get("files") or ()
    by = clean(claim.get("by")) or NOBODY
    told = (
        f"{clean(claim.get('measures'))}（{by}，{local(claim['at'], row.around.registry.zone, _DAY)} 反馈）",
        f"佐证材料 {len(files)} 个" if files else "",
    )
    return "；".join(filter(None, told))


def _end(row: TicketRow) -> str:
    ticket = row.ticket
    if ticket.closed_at is None:
        checked = f"；复核：{row.rechecked}" if row.rechecked else ""
        return f"现状：{row.status}，{row.light.words}{checked}"
    word = "完成" if ticket.status == _DONE else "销号"
    proof = f"；证据时间：{local(ticket.evidence_at, row.around.registry.zone)}" if ticket.evidence_at else ""
    return f"{word}：{row.closed}（{row.taken}）；复核：{row.rechecked}{proof}"
