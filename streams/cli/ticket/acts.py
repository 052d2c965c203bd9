"""`rectify ticket ack|claim|...`: what people decide about a ticket."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime, time
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, Literal

import typer

from schemas.actions import ACTIONS, Action
from streams.cli.terminal.command_options import ByOption, NeedsReason, ReasonOption, TimeoutOption, WaitFlag, act
from streams.cli.terminal.output import JsonFlag
from streams.cli.terminal.session import reading
from streams.cli.ticket.lookup import TicketArgument
from streams.services.tickets import find, named_ask, named_problems
from streams.settings.model import Settings

Fields = dict[str, Any]
"""Of a command."""

EvidenceOption = Annotated[
    list[str] | None, typer.Option("--evidence", metavar="KEY=VALUE", help="证据，如 url=https://... · may be repeated")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands in the order in which a ticket meets them."""
    acts: tuple[tuple[str, Action, Callable[..., Fields], str], ...] = (
        ("ack", "acknowledge", acknowledge, "rectify ticket ack ZG230224 --by 张三"),
        (
            "claim",
            "claim_fix",
            claim,
            "rectify ticket claim ZG230224 --measures 已更新栏目 --evidence url=https://www.example.gov.cn/",
        ),
        ("approve", "approve", approve, "rectify ticket approve ZG230224 --reason 电话核实已整改"),
        ("send-back", "send_back", send_back, "rectify ticket send-back ZG230224 --reason 仍有三条链接打不开"),
        ("reassign", "reassign", reassign, "rectify ticket reassign ZG230224 --unit kjj"),
        ("extend", "extend", extend, "rectify ticket extend ZG230224 --working-days 3 --reason 系统迁移"),
        ("dismiss", "dismiss", dismiss, "rectify ticket dismiss ZG230224 --reason 误报，页面有访问限制"),
        ("waive", "waive", waive, "rectify ticket waive ZG230224 --until 2026-12-31 --reason 栏目调整已报备"),
        ("reopen", "reopen", reopen, "rectify ticket reopen ZG230224 --reason 抽查发现未改"),
        ("close", "close", close, "rectify ticket close ZG230224 --reason 主管单位确认"),
        ("merge", "merge", merge, "rectify ticket merge ZG230224-1F --into ZG230224-9A --reason 同一模板所致"),
        ("split", "split", split, "rectify ticket split ZG230224 --problem 3 --problem 7 --reason 另有原因"),
        ("ask", "ask", ask, "rectify ticket ask ZG230224 extension --working-days 3 --reason 系统迁移"),
        ("refuse-ask", "refuse_ask", refuse_ask, "rectify ticket refuse-ask ZG230224 extension --reason 时间充足"),
        ("note", "note", note, "rectify ticket note ZG230224 --text 已联系承建公司"),
    )
    for name, action, fields, example in acts:
        app.command(name, epilog=f"示例 Example: {example}", rich_help_panel="办理 Decide")(_command(action, fields))


def _command(action: Action, fields: Callable[..., Fields]) -> Callable[..., None]:
    """The command of an act: the options of `fields`, which makes the command's fields of them, and those of every act.

    Typer reads a command's options from its signature, so that is what is put together here.
    """
    own = signature(fields, eval_str=True).parameters

    def command(**given: Any) -> None:
        made = fields(**{name: given[name] for name in own})
        settings = Settings.load()
        found = reading(settings, lambda ledger: find(ledger, given["ticket"]))
        act(
            settings, given["by"], given["timeout"] if given["wait"] else None, as_json=given["as_json"],
            ticket_id=found.ticket.ticket_id, asset_id=found.asset.asset_id,
            action=action, reason=given["reason"], **made,
        )  # fmt: skip

    parameters = _parameters(own.values(), needs_reason=ACTIONS[action].needs_reason)
    command.__doc__ = fields.__doc__
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return command


def _parameters(own: Collection[Parameter], *, needs_reason: bool) -> list[Parameter]:
    """The options of an act in the order of its help: what it needs, what it may have, what every act has."""

    def option(name: str, annotation: object, default: object = Parameter.empty) -> Parameter:
        return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)

    mine = [option(one.name, one.annotation, one.default) for one in own if one.name != "ticket"]
    return [
        option("ticket", TicketArgument),
        *(one for one in mine if one.default is Parameter.empty),
        *([option("reason", NeedsReason)] if needs_reason else []),
        *(one for one in mine if one.default is not Parameter.empty),
        option("by", ByOption, None),
        *([] if needs_reason else [option("reason", ReasonOption, None)]),
        option("wait", WaitFlag, default=True),
        option("timeout", TimeoutOption, 30.0),
        option("as_json", JsonFlag, default=False),
    ]


def acknowledge() -> Fields:
    """签收。 Acknowledge: it has been seen; without a claim by half time it expires."""
    return {}


def claim(
    measures: Annotated[str, typer.Option(help="整改措施，必填 · what was done; required", show_default=False)],
    evidence: EvidenceOption = None,
) -> Fields:
    """反馈整改，等待复查。 Claim that it is fixed: closes nothing, asks for a recheck."""
    return {"measures": measures, "evidence": _pairs(evidence)}


def approve() -> Fields:
    """审核通过并销号，仅用于复查无法核实时。 Approve after a recheck that could not verify; closes the ticket."""
    return {}


def send_back() -> Fields:
    """退回重办。 Send a claimed ticket back to its unit."""
    return {}


def reassign(
    unit: Annotated[str, typer.Option(help="新的责任单位 · the new owner's unit id", show_default=False)],
    not_ours: Annotated[bool, typer.Option("--not-ours", help="不属原单位职责 · it was not the former unit's")] = False,
) -> Fields:
    """转派给另一单位。 Hand the ticket to another unit."""
    return {"unit_id": unit, "reason_code": "not_ours" if not_ours else None}


def extend(
    working_days: Annotated[int | None, typer.Option(min=1, help="延长几个工作日 · by working days")] = None,
    due_at: Annotated[str | None, typer.Option(help="新时限，日期或时间 · the new date or time")] = None,
) -> Fields:
    """延期，用 --working-days 或 --due-at，不超过规则包的限度。 Extend the deadline, within the policy's limits."""
    return {"working_days": working_days, "due_at": _moment(due_at) if due_at else None}


def dismiss(
    code: Annotated[
        Literal["false_alarm", "withdrawn", "spam"] | None,
        typer.Option(help="误报、来信人撤回或垃圾信息 · what it was"),
    ] = None,
) -> Fields:
    """误报核减。 Dismiss as a false alarm; the same finding stays quiet from now on."""
    return {"reason_code": code}


def waive(
    until: Annotated[str, typer.Option(help="报备到哪天 · until which date or time", show_default=False)],
) -> Fields:
    """报备，到期复查。 Waive until a date; then a recheck is asked for."""
    return {"until": until}


def reopen() -> Fields:
    """重新打开。 Reopen a closed or dismissed ticket, with half of the original time."""
    return {}


def close(
    asset_removed: Annotated[bool, typer.Option("--asset-removed", help="资产已关停注销 · its asset is gone")] = False,
) -> Fields:
    """人工销号，由主管单位说明理由。 Close as a supervisor, with a reason."""
    return {"reason_code": "asset_removed" if asset_removed else None}


def merge(
    into: Annotated[str, typer.Option(help="并入哪张整改单 · the ticket that takes the problems", show_default=False)],
) -> Fields:
    """并单，问题并入同一资产、同一检查项的另一张整改单。 Merge into another open ticket, whose deadline stays."""
    return {"into": reading(Settings.load(), lambda ledger: find(ledger, into)).ticket.ticket_id}


def split(
    ticket: TicketArgument,
    problem: Annotated[
        list[str],
        typer.Option(help="问题序号或指纹，可重复 · number or fingerprint, may be repeated", show_default=False),
    ],
) -> Fields:
    """拆单，部分问题另立整改单，时限不变。 Give some of its problems a ticket of their own, with the same deadline."""
    return {"fingerprints": reading(Settings.load(), lambda ledger: named_problems(ledger, ticket, problem))}


def ask(
    kind: Annotated[
        Literal["extension", "not_ours", "false_alarm"],
        typer.Argument(help="延期、不属本单位、误报申诉 · what for", show_default=False),
    ],
    working_days: Annotated[int | None, typer.Option(min=1, help="申请延长几个工作日 · by working days")] = None,
    due_at: Annotated[str | None, typer.Option(help="申请延至，日期或时间 · the date or time asked for")] = None,
    unit: Annotated[str | None, typer.Option(help="应属哪个单位 · whose it would be, a unit id")] = None,
    progress: Annotated[str | None, typer.Option(help="目前进展 · what has been done so far")] = None,
    evidence: EvidenceOption = None,
) -> Fields:
    """单位申请延期、转派或误报核减，由主管单位答复；整改时限照常计算。 Ask the supervising unit; the clock runs on."""
    return {
        "kind": kind,
        "working_days": working_days,
        "due_at": _moment(due_at) if due_at else None,
        "unit_id": unit,
        "progress": progress,
        "evidence": _pairs(evidence),
    }


def refuse_ask(
    ticket: TicketArgument,
    kind: Annotated[
        Literal["extension", "not_ours", "false_alarm"],
        typer.Argument(help="哪一项申请 · which of its open asks", show_default=False),
    ],
) -> Fields:
    """不同意申请；同意的用 extend、reassign、dismiss。 Refuse what a unit asks for; those three grant it."""
    return {"ask_id": reading(Settings.load(), lambda ledger: named_ask(ledger, ticket, kind)).ask_id}


def note(
    text: Annotated[str, typer.Option(help="备注内容，必填 · what is to be known; required", show_default=False)],
) -> Fields:
    """备注，不改变整改单。 Note something; it changes nothing."""
    return {"text": text}


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
