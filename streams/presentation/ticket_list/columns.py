"""The columns of the ledger 台账: what each is called, how wide it is in a sheet, and what stands in it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from schemas.vocabulary import ASK_LABELS, ASSET_KIND_LABELS
from streams.presentation.labels import PLATFORM, labelled
from streams.presentation.ticket_list.row import TicketRow


class ListColumn(NamedTuple):
    """One column."""

    label: str
    width: int  # characters of a sheet
    text: Callable[[TicketRow], str]


COLUMNS: Final[Mapping[str, ListColumn]] = {
    "light": ListColumn("灯", 16, lambda row: row.light.words),
    "ticket": ListColumn("编号", 24, lambda row: row.ticket.ticket_id),
    "asset": ListColumn("网站/账号", 26, lambda row: row.name),
    "code": ListColumn("网站标识码", 14, lambda row: row.asset.code or ""),
    "unit": ListColumn("主办单位", 20, lambda row: row.unit),
    "check": ListColumn("问题类型", 18, lambda row: row.check),
    "wrong": ListColumn("问题描述", 40, lambda row: row.wrong),
    "page": ListColumn("页面", 40, lambda row: row.page.href or row.page.where),
    "found": ListColumn("发现时间", 12, lambda row: row.found),
    "due": ListColumn("整改时限", 20, lambda row: row.due),
    "status": ListColumn("状态", 10, lambda row: row.status),
    "rung": ListColumn("升级", 10, lambda row: row.rung),
    "reported": ListColumn("反馈情况", 36, lambda row: row.reported),
    "rechecked": ListColumn("复核结果", 24, lambda row: row.rechecked),
    "severity": ListColumn("严重程度", 10, lambda row: row.severity),
    "asks": ListColumn("申请", 14, lambda row: "、".join(ASK_LABELS[kind] for kind in row.asks)),
    "kind": ListColumn("类型", 10, lambda row: labelled(ASSET_KIND_LABELS, row.asset.kind)),
    "platform": ListColumn("平台", 10, lambda row: labelled(PLATFORM, row.record.get("platform"))),
    "region": ListColumn("地区", 14, lambda row: row.asset.region or ""),
    "supervisor": ListColumn("主管单位", 20, lambda row: row.supervisor),
    "opened": ListColumn("立单时间", 12, lambda row: row.opened),
    "closed": ListColumn("办结时间", 12, lambda row: row.closed),
    "taken": ListColumn("用时", 12, lambda row: row.taken),
    "basis": ListColumn("依据", 40, lambda row: row.basis),
    "reminders": ListColumn("提醒次数", 10, lambda row: str(row.ticket.reminder_count)),
    "extensions": ListColumn("延期次数", 10, lambda row: str(row.ticket.extension_count)),
    "reopens": ListColumn("重开次数", 10, lambda row: str(row.ticket.reopen_count)),
    "recurrence": ListColumn("前单", 24, lambda row: row.ticket.recurrence_of or ""),
    "undelivered": ListColumn("通知未送达", 12, lambda row: f"{row.undelivered} 条" if row.undelivered else ""),
    "source": ListColumn("来源", 16, lambda row: row.source),
}
STANDARD: Final = (
    "light", "ticket", "asset", "code", "unit", "check", "wrong", "page", "found", "due", "status", "rung", "reported",
    "rechecked",
)  # fmt: skip
"""The columns of the standard 台账; on a page the code stands below the asset."""
