"""`rectify ticket ack|claim|...`: what people decide about a ticket."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any, Literal

import typer

from streams.cli.terminal.command_options import ByOption, NeedsReason, ReasonOption, TimeoutOption, WaitFlag, act
from streams.cli.terminal.output import JsonFlag
from streams.cli.terminal.session import run
from streams.cli.ticket.lookup import TicketArgument
from streams.cli.ticket.problems import named_problems
from streams.services.tickets import find_ticket
from streams.settings.model import Settings

EvidenceOption = Annotated[
    list[str] | None, typer.Option("--evidence", metavar="KEY=VALUE", help="证据，如 url=https://... · may be repeated")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands in the order in which a ticket meets them."""
    for name, command, example in (
        ("ack", acknowledge, "rectify ticket ack ZG230224 --by 张三"),
        (
            "claim",
            claim,
            "rectify ticket claim ZG230224 --measures 已更新栏目 --evidence url=https://www.example.gov.cn/",
        ),
        ("approve", approve, "rectify ticket approve ZG230224 --reason 电话核实已整改"),
        ("send-back", send_back, "rectify ticket send-back ZG230224 --reason 仍有三条链接打不开"),
        ("reassign", reassign, "rectify ticket reassign ZG230224 --unit kjj"),
        ("extend", extend, "rectify ticket extend ZG230224 --working-days 3 --reason 系统迁移"),
        ("dismiss", dismiss, "rectify ticket dismiss ZG230224 --reason 误报，页面有访问限制"),
        ("waive", waive, "rectify ticket waive ZG230224 --until 2026-12-31 --reason 栏目调整已报备"),
        ("reopen", reopen, "rectify ticket reopen ZG230224 --reason 抽查发现未改"),
        ("close", close, "rectify ticket close ZG230224 --reason 主管单位确认"),
        ("merge", merge, "rectify ticket merge ZG230224-1F --into ZG230224-9A --reason 同一模板所致"),
        ("split", split, "rectify ticket split ZG230224 --problem 3 --problem 7 --reason 另有原因"),
    ):
        app.command(name, epilog=f"示例 Example: {example}", rich_help_panel="办理 Decide")(command)


def acknowledge(
    ticket: TicketArgument,
    by: ByOption = None,
    reason: ReasonOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """签收。 Acknowledge: it has been seen; without a claim by half time it expires."""
    _act(ticket, by, wait, timeout, as_json, action="acknowledge", reason=reason)


def claim(
    ticket: TicketArgument,
    measures: Annotated[str, typer.Option(help="整改措施，必填 · what was done; required", show_default=False)],
    evidence: EvidenceOption = None,
    by: ByOption = None,
    reason: ReasonOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """反馈整改，等待复查。 Claim that it is fixed: closes nothing, asks for a recheck."""
    _act(
        ticket, by, wait, timeout, as_json,
        action="claim_fix", reason=reason, measures=measures, evidence=_pairs(evidence),
    )  # fmt: skip


def approve(
    ticket: TicketArgument,
    reason: NeedsReason,
    by: ByOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """审核通过并销号，仅用于复查无法核实时。 Approve after a recheck that could not verify; closes the ticket."""
    _act(ticket, by, wait, timeout, as_json, action="approve", reason=reason)


def send_back(
    ticket: TicketArgument,
    by: ByOption = None,
    reason: ReasonOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """退回重办。 Send a claimed ticket back to its unit."""
    _act(ticket, by, wait, timeout, as_json, action="send_back", reason=reason)


def reassign(
    ticket: TicketArgument,
    unit: Annotated[str, typer.Option(help="新的责任单位 · the new owner's unit id", show_default=False)],
    not_ours: Annotated[bool, typer.Option("--not-ours", help="不属原单位职责 · it was not the former unit's")] = False,
    by: ByOption = None,
    reason: ReasonOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """转派给另一单位。 Hand the ticket to another unit."""
    _act(
        ticket, by, wait, timeout, as_json,
        action="reassign", reason=reason, unit_id=unit,
        reason_code="not_ours" if not_ours else None,
    )  # fmt: skip


def extend(
    ticket: TicketArgument,
    reason: NeedsReason,
    working_days: Annotated[int | None, typer.Option(min=1, help="延长几个工作日 · by working days")] = None,
    due_at: Annotated[str | None, typer.Option(help="新时限，日期或时间 · the new date or time")] = None,
    by: ByOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """延期，用 --working-days 或 --due-at，不超过规则包的限度。 Extend the deadline, within the policy's limits."""
    moment = _moment(due_at) if due_at else None
    _act(
        ticket, by, wait, timeout, as_json,
        action="extend", reason=reason, working_days=working_days, due_at=moment,
    )  # fmt: skip


def dismiss(
    ticket: TicketArgument,
    reason: NeedsReason,
    code: Annotated[
        Literal["false_alarm", "withdrawn", "spam"] | None,
        typer.Option(help="误报、来信人撤回或垃圾信息 · what it was"),
    ] = None,
    by: ByOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """误报核减。 Dismiss as a false alarm; the same finding stays quiet from now on."""
    _act(ticket, by, wait, timeout, as_json, action="dismiss", reason=reason, reason_code=code)


def waive(
    ticket: TicketArgument,
    until: Annotated[str, typer.Option(help="报备到哪天 · until which date or time", show_default=False)],
    reason: NeedsReason,
    by: ByOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """报备，到期复查。 Waive until a date; then a recheck is asked for."""
    _act(ticket, by, wait, timeout, as_json, action="waive", reason=reason, until=until)


def reopen(
    ticket: TicketArgument,
    reason: NeedsReason,
    by: ByOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """重新打开。 Reopen a closed or dismissed ticket, with half of the original time."""
    _act(ticket, by, wait, timeout, as_json, action="reopen", reason=reason)


def close(
    ticket: TicketArgument,
    reason: NeedsReason,
    asset_removed: Annotated[bool, typer.Option("--asset-removed", help="资产已关停注销 · its asset is gone")] = False,
    by: ByOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """人工销号，由主管单位说明理由。 Close as a supervisor, with a reason."""
    code = "asset_removed" if asset_removed else None
    _act(ticket, by, wait, timeout, as_json, action="close", reason=reason, reason_code=code)


def merge(
    ticket: TicketArgument,
    into: Annotated[str, typer.Option(help="并入哪张整改单 · the ticket that takes the problems", show_default=False)],
    reason: NeedsReason,
    by: ByOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """并单，问题并入同一资产、同一检查项的另一张整改单。 Merge into another open ticket, whose deadline stays."""
    target = run(find_ticket(Settings.load(), into))
    _act(ticket, by, wait, timeout, as_json, action="merge", reason=reason, into=target.ticket.ticket_id)


def split(
    ticket: TicketArgument,
    problem: Annotated[
        list[str],
        typer.Option(help="问题序号或指纹，可重复 · number or fingerprint, may be repeated", show_default=False),
    ],
    reason: NeedsReason,
    by: ByOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """拆单，部分问题另立整改单，时限不变。 Give some of its problems a ticket of their own, with the same deadline."""
    fingerprints = run(named_problems(Settings.load(), ticket, problem))
    _act(ticket, by, wait, timeout, as_json, action="split", reason=reason, fingerprints=fingerprints)


def _act(ticket: str, by: str | None, wait: bool, timeout: float, as_json: bool, **fields: Any) -> None:
    settings = Settings.load()
    found = run(find_ticket(settings, ticket))
    act(
        settings, by, timeout if wait else None, as_json=as_json,
        ticket_id=found.ticket.ticket_id, asset_id=found.asset.asset_id, **fields,
    )  # fmt: skip


def _pairs(texts: list[str] | None) -> dict[str, str] | None:
    pairs = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not (key and equals):
            msg = f"{text!r} is not KEY=VALUE, such as url=https://www.example.gov.cn/"
            raise typer.BadParameter(msg, param_hint="--evidence")
        pairs[key] = value
    return pairs or None


def _moment(text: str) -> str:
    """A date ends with its day in the unit's zone; a time needs its offset, as the schema says."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return datetime.combine(day, time(23, 59, 59), Settings.load().zone).isoformat()
