"""The rows behind a number of a bulletin, in words (rule S-12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from schemas.policy import Policy
from streams.presentation.bulletins.lists import Names, asset_row, message_row, problem_row
from streams.presentation.bulletins.words import ASSET_FIGURES, MESSAGE_FIGURES, MESSAGE_KINDS, SLIP_FIGURES
from streams.presentation.dates import local
from streams.rules.scoring.behind import CountedRow, WhichNumber
from streams.rules.scoring.slips import Slip

_ASSET: Final = ("名称", "标识码", "单位", "平台")
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "tickets": (*_ASSET, "问题", "立单", "时限", "状态", "催办", "重开"),
    "messages": (*_ASSET, "留言", "位置", "收到", "答复"),
    "problems": (*_ASSET, "问题", "位置", "处数", "扣分"),
}
_OF_GROUPS: Final = (*_ASSET, "不合格原因", "得分")
_STATUS: Final = {"open": "未完成", "closed": "已完成", "aside": "不计"}


class RowLine(NamedTuple):
    """A row: the id of its asset, its cells, its tickets."""

    row_id: str
    cells: Sequence[str]
    ticket_ids: Sequence[str]


def columns(which: WhichNumber) -> tuple[str, ...]:
    """What the cells are; behind them stand the tickets."""
    return _COLUMNS.get(which.section, _OF_GROUPS)


def number_called(which: WhichNumber, group: str, row: str, policy: Policy) -> str:
    """What the number counts; `group`, `row`: how these are printed."""
    match which.section:
        case "tickets":
            return SLIP_FIGURES[which.figure]
        case "messages":
            kind, _, figure = which.figure.partition(".")
            return f"{MESSAGE_KINDS[kind]}：{MESSAGE_FIGURES[figure]}"
        case "problems":
            return f"问题：{policy.rule(which.figure).name}"
    return "：".join(part for part in (row, group, ASSET_FIGURES[which.figure]) if part)


def row_line(counted: CountedRow, names: Names, policy: Policy, zone: ZoneInfo) -> RowLine:
    """One of them."""
    if counted.message is not None:
        row = message_row(counted.stood, counted.named.row, counted.message, policy, names)
        answered = counted.message.answered_at
        told = [
            row["reasons"][0], row["path"], local(counted.message.received_at, zone),
            "" if answered is None else local(answered, zone),
        ]  # fmt: skip
        return _line(row, told)
    if counted.standing is not None:
        row = problem_row(counted.named, counted.standing, policy, names)
        return _line(row, [row["reasons"][0], row["path"], str(row["places"]), _text(row["deducted"])])
    row = asset_row(counted.named, policy, names)
    if counted.slip is not None:
        return _line({**row, "ticket_ids": [counted.slip.ticket_id]}, _slip(counted.slip, policy, zone))
    return _line(row, ["；".join(row["reasons"]), _text(row["points"])])


def _line(row: Mapping[str, Any], told: Sequence[str]) -> RowLine:
    asset = (row["name"], row["code"] or "", row["unit"], row["platform"])
    return RowLine(row["asset_id"], (*asset, *told), row["ticket_ids"])


def _slip(slip: Slip, policy: Policy, zone: ZoneInfo) -> list[str]:
    times = [f"{many} 次" if many else "" for many in (slip.urged, slip.reopened)]
    extended = "（已延期）" if slip.extended else ""
    return [
        policy.rule(slip.check).name,
        local(slip.opened_at, zone),
        f"{local(slip.due_at, zone)}{extended}",
        _STATUS[slip.status],
        *times,
    ]


def _text(value: float | None) -> str:
    return "" if value is None else str(value)
