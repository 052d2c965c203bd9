"""A ticket on paper: 整改通知单 for its unit, 督办单 for who presses for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple, get_args

from streams.presentation.dates import day, local
from streams.presentation.letters.office import Signatory
from streams.presentation.ticket.dossier import Dossier
from streams.presentation.unit_page.view import TicketPage
from streams.rules.state.snapshot import Registry

SlipKind = Literal["notice", "supervision"]
SLIPS: Final[tuple[SlipKind, ...]] = get_args(SlipKind)
TITLES: Final[Mapping[SlipKind, str]] = {"notice": "整改通知单", "supervision": "督办单"}
PLACES: Final = 12  # on a slip; all of them are on the page
_URGE: Final = "urge"


class SlipRow(NamedTuple):
    """One row; without lines there is room to write by hand."""

    label: str
    lines: tuple[str, ...] = ()


def slip(
    kind: SlipKind, it: TicketPage, dossier: Dossier, registry: Registry, sender: Signatory, now: datetime
) -> list[SlipRow]:
    """The rows of a slip, from top to bottom."""
    return _notice(it, registry, sender, now) if kind == "notice" else _supervision(it, dossier, registry, sender, now)


def _notice(it: TicketPage, registry: Registry, sender: Signatory, now: datetime) -> list[SlipRow]:
    head = it.head
    return [
        SlipRow("编号", (head.ticket_id,)),
        SlipRow("发往单位", (head.unit,)),
        SlipRow("网站（账号）和标识码", tuple(filter(None, (head.asset, head.code)))),
        SlipRow("问题", (head.check, it.found, *_places(it))),
        SlipRow("依据", (it.basis,)),
        SlipRow("整改要求", it.todo),
        SlipRow("整改时限", (f"{head.due}{head.provisional}",)),
        SlipRow("反馈方式和报送单位", (sender.whom_to_call,)),
        SlipRow("签发单位和日期", (sender.name, day(now, registry.zone))),
        SlipRow("签收（姓名、时间）"),
        SlipRow("整改情况（措施、完成时间、责任人）"),
        SlipRow("复查意见和日期"),
        SlipRow("盖章"),
    ]


def _supervision(
    it: TicketPage, dossier: Dossier, registry: Registry, sender: Signatory, now: datetime
) -> list[SlipRow]:
    head = it.head
    urged = [
        local(event["at"], registry.zone)
        for event in dossier.events
        if event["type"] == "escalated" and event.get("rung") == _URGE
    ]
    return [
        SlipRow("编号", (head.ticket_id,)),
        SlipRow("督办事项", (f"{head.asset}{head.check}", *_places(it))),
        SlipRow("承办单位", (head.unit,)),
        SlipRow("来源整改单和逾期天数", (f"{head.ticket_id}，{head.light.words}",)),
        SlipRow("已催办次数和时间", (f"{len(urged)} 次", *urged)),
        SlipRow("办理要求和时限", (*it.todo, f"时限：{head.due}")),
        SlipRow("领导批示"),
        SlipRow("办理结果"),
        SlipRow("签发", (sender.name, day(now, registry.zone))),
        SlipRow("盖章"),
    ]


def _places(it: TicketPage) -> Sequence[str]:
    shown = [f"{one.where} {one.wrong}".strip() for one in it.head.places[:PLACES]]
    more = it.head.problem_count - len(shown)
    return [*shown, *([f"……另有 {more} 处"] if more > 0 else [])]
