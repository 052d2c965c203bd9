"""What waits and is no ticket: lists with a note on what can be done, page by page behind a place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from notifiers.text import clean
from schemas.channels import CHANNEL_LABELS
from streams.ledger.moments import to_micros
from streams.ledger.reading.notices import NoticeRow
from streams.ledger.reading.supervision import (
    count_set_aside,
    count_silent_producers,
    count_undelivered,
    count_unregistered,
    refused_producers,
    set_aside_behind,
    silent_producers_behind,
    undelivered_behind,
    unregistered_behind,
)
from streams.presentation.dates import local
from streams.presentation.labels import NOTICE, labelled
from streams.presentation.letters.kinds import called
from streams.presentation.masking import masked
from streams.presentation.supervision import PARTITION, SET_ASIDE, UNNAMED
from streams.rules.evidence.silence import interval_of
from streams.rules.state.records import ProducerRhythm
from streams.rules.state.snapshot import Registry
from streams.rules.state.text import roughly
from streams.services.ticket_list import total_words
from streams.web.desk.visits import Visit

A_PAGE: Final = 50
UNDELIVERED_DAYS: Final = 7


class Cell(NamedTuple):
    """What stands in a column; `path`: where it leads, below our root."""

    text: str
    path: str = ""


class DeskListPage(NamedTuple):
    """Rows by their ids, how many there are, and behind which place the next page begins; empty: there is none."""

    rows: Sequence[tuple[str, Sequence[Cell]]]
    total: int
    after: str = ""


class DeskList(NamedTuple):
    """A list: its heading, its columns, what can be done about its rows, and how they are read."""

    title: str
    columns: tuple[str, ...]
    said: str
    read: Callable[[Visit, str], Awaitable[DeskListPage]]


def undelivered_since(now: datetime) -> datetime:
    """From when on notices that did not arrive are told."""
    return now - timedelta(days=UNDELIVERED_DAYS)


async def shown(visit: Visit, name: str) -> Response:
    """The page of a list."""
    one = LISTS[name]
    after = visit.request.query_params.get("after", "")
    page = await one.read(visit, after)
    return visit.page(
        "supervision/list.html",
        one=one,
        page=page,
        total=total_words(page.total),
        here_path=f"desk/{name}",
        next=urlencode({"after": page.after}) if page.after else "",
        later=bool(after),
    )


async def _assets(visit: Visit, after: str) -> DeskListPage:
    if visit.viewer.units is not None:
        return DeskListPage((), 0)
    found = await unregistered_behind(visit.premises.ledger, after, A_PAGE + 1)
    rows = [
        (
            one.asset_id,
            (
                Cell(clean(one.asset_id)),
                Cell(clean(one.name)),
                Cell("查看整改单", f"tickets?{urlencode({'asset': one.asset_id})}"),
            ),
        )
        for one in found[:A_PAGE]
    ]
    total = await count_unregistered(visit.premises.ledger)
    return DeskListPage(rows, total, rows[-1][0] if len(found) > A_PAGE else "")


async def _set_aside(visit: Visit, after: str) -> DeskListPage:
    if visit.viewer.units is not None:
        return DeskListPage((), 0)
    last = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0  # noqa: PLR2004 - a row number
    found = await set_aside_behind(visit.premises.ledger, last, A_PAGE + 1)
    zone = visit.premises.settings.zone
    rows = [
        (
            str(one.number),
            (
                Cell(str(one.number)),
                Cell(labelled(SET_ASIDE, one.kind)),
                Cell(clean(one.name)),
                Cell(local(one.at, zone)),
                Cell(str(one.attempts)),
                Cell(clean(one.fault)),
            ),
        )
        for one in found[:A_PAGE]
    ]
    total = await count_set_aside(visit.premises.ledger)
    return DeskListPage(rows, total, rows[-1][0] if len(found) > A_PAGE else "")


async def _silent(visit: Visit, after: str) -> DeskListPage:
    if visit.viewer.units is not None:
        return DeskListPage((), 0)
    found = await silent_producers_behind(visit.premises.ledger, after, A_PAGE + 1)
    registry = await visit.premises.registry()
    rows = [(one.source, _silence(one, registry, visit.now.at)) for one in found[:A_PAGE]]
    total = await count_silent_producers(visit.premises.ledger)
    return DeskListPage(rows, total, rows[-1][0] if len(found) > A_PAGE else "")


def _silence(one: ProducerRhythm, registry: Registry, at: datetime) -> Sequence[Cell]:
    producer, often = registry.producers.get(one.source), interval_of(one)
    unit = registry.units.get(producer.unit_id or "") if producer is not None else None
    return (
        Cell(clean(producer.name if producer is not None else one.source)),
        Cell(clean(one.source)),
        Cell(local(one.last_run_at, registry.zone)),
        Cell(roughly(at - one.last_run_at)),
        Cell(roughly(often) if often is not None else ""),
        Cell(clean(unit.name) if unit is not None else ""),
    )


async def _refused(visit: Visit, _: str) -> DeskListPage:
    """At most a hundred producers a partition: all on one page."""
    if visit.viewer.units is not None:
        return DeskListPage((), 0)
    found = await refused_producers(visit.premises.ledger, visit.now.real)
    zone = visit.premises.settings.zone
    rows = [
        (
            f"{one.topic}/{one.partition}/{one.producer}",
            (
                Cell(clean(one.producer) or UNNAMED),
                Cell(PARTITION.format(one.topic, one.partition)),
                Cell(str(one.watched.refused)),
                Cell(str(one.watched.taken)),
                Cell(local(one.watched.since, zone)),
                Cell("死信已截短" if one.watched.limited else ""),
            ),
        )
        for one in found
    ]
    return DeskListPage(rows, len(rows))


async def _notices(visit: Visit, after: str) -> DeskListPage:
    since, units = undelivered_since(visit.now.at), visit.viewer.units
    found = await undelivered_behind(visit.premises.ledger, since, _place(after), A_PAGE + 1, units)
    rows = [(one.notice.notice_id, _notice(visit, one)) for one in found[:A_PAGE]]
    total = await count_undelivered(visit.premises.ledger, since, units)
    if len(found) <= A_PAGE:
        return DeskListPage(rows, total)
    last = found[A_PAGE - 1].notice
    return DeskListPage(rows, total, f"{to_micros(last.updated_at)}-{last.notice_id}")


def _place(after: str) -> tuple[int, bytes] | None:
    micros, _, notice_id = after.partition("-")
    try:
        return int(micros[:18]), bytes.fromhex(notice_id)
    except ValueError:
        return None


def _notice(visit: Visit, row: NoticeRow) -> Sequence[Cell]:
    one, policy, zone = row.notice, visit.premises.policy, visit.premises.settings.zone
    return (
        Cell(local(one.updated_at, zone)),
        Cell(labelled(NOTICE, one.state)),
        Cell(called(one.kind, policy)),
        Cell(clean(row.asset_name)),
        Cell(f"{clean(one.name)} {masked(one)}"),
        Cell(labelled(CHANNEL_LABELS, one.channel)),
        Cell(one.code or ""),
        Cell(row.ticket_id, f"tickets/{row.ticket_id}") if row.ticket_id else Cell(""),
        Cell("补发", f"desk/notices/{one.notice_id}") if row.ticket_id else Cell(""),
    )


LISTS: Final[dict[str, DeskList]] = {
    "assets": DeskList(
        "未登记的资产",
        ("资产编号", "名称", "整改单"),
        "巡检报来了这些网站或账号的问题，名录中没有它们，整改单无人负责，只告知主管。登记（填写主办单位）后，"
        "整改单自动归到该单位，时限自登记起计算；不属于监管范围的，请巡检方停止报送。",
        _assets,
    ),
    "notices": DeskList(
        "未送达的通知",
        ("时间", "状态", "通知", "网站/账号", "收件人", "渠道", "代码", "整改单", "处理"),
        f"近{UNDELIVERED_DAYS}日未送达、发送失败或过期未发的通知。请核对联系人的邮箱或手机号，"
        "在名录中更正；更正后仍需告知的，再补发。",
        _notices,
    ),
    "refused": DeskList(
        "报送被拒收的巡检方",
        ("巡检方", "主题（分区）", "拒收", "收下", "自", "备注"),
        "近一小时有报送因格式或内容不符被拒收，原文和原因在死信中（rectify dead-letters list）。请巡检方更正后重新"
        "报送；我方原因造成的，由管理员重放（rectify dead-letters replay）。",
        _refused,
    ),
    "silent": DeskList(
        "中断的巡检方",
        ("巡检方", "来源", "最近一次巡检", "至今", "此前间隔不超过", "主办单位"),
        "这些巡检方一直按时巡检，已有平时间隔的三倍时间没有巡检。中断期间发现不了新问题，已整改的问题也无法自动销号。"
        "请查明原因，恢复巡检；恢复后自动从此处消失。在名录中登记巡检方的主办单位后，中断时直接通知该单位。",
        _silent,
    ),
    "set-aside": DeskList(
        "系统搁置的事项",
        ("序号", "事项", "名称", "搁置时间", "次数", "故障"),
        "系统自身的故障使这些事项未能处理，其余照常。请管理员升级或排除故障后重试（rectify db retry）。",
        _set_aside,
    ),
}
"""By the last part of the address."""
