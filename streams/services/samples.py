"""Letters about invented findings, to look at without a ledger: what `rectify notice preview --sample` shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from notifiers.protocol import Recipient
from schemas.ladder import ABOUT_ASKS, ANSWERED
from schemas.policy import Policy
from streams.files.policy.loading import load_policy
from streams.presentation.letters.kinds import called, kind_of, row
from streams.presentation.letters.letter import (
    Letter,
    LetterItem,
    Reader,
    SilenceItem,
    WarningItem,
    WeekItem,
    WeekTicket,
    WeekUnit,
)
from streams.presentation.letters.render import SILENT, WEEK
from streams.presentation.letters.sheet import sheet_rows
from streams.presentation.letters.week import units_sheet
from streams.services.sample_office import ACCOUNT, ASSET, AT, NOTICE, OFFICE, PEOPLE, UNIT, ZONE

_COLUMN: Final[dict[str, Any]] = {
    "ticket_id": "ZG230228-8F3A2E9D04C1",
    "version": 2,
    "asset_id": "kjj",
    "check": "column.stale",
    "severity": "major",
    "status": "open",
    "due_at": "2023-03-06T23:59:59+08:00",
    "problem_count": 1,
    "open_problem_count": 1,
    "problems": [
        {
            "locator": "https://kjj.city.example/hdjl/dczj/",
            "facts": {"title": "“调查征集”栏目", "evidence": {"stale_since": "2022-02-10"}},
        }
    ],
    "deadline": {
        "amount": 5,
        "unit": "working_day",
        "provisional": False,
        "basis": "应更新未更新栏目（国办秘函〔2019〕19号）；整改5个工作日为默认值",
    },
}
_ALARM: Final = datetime(2023, 3, 6, 9, 0, tzinfo=ZONE)
_OVERDUE: Final = {"due_at": "2023-02-24T23:59:59+08:00"}
_REASONS: Final[Mapping[str, str]] = {
    "sent_back": "佐证截图与问题栏目不符，请补充栏目更新后的页面",
    "asked": "某市科学技术局 李值守 于 2023-03-02 15:20 申请延期 3 个工作日，应于 2023-03-06 15:20 前答复，"
    "整改时限照常计算；理由：栏目内容待审定；进展：已完成初稿",
    "ask_unanswered": "某市科学技术局 李值守 于 2023-02-28 15:20 申请延期 3 个工作日，至 2023-03-02 15:20 未答复，"
    "已再次提请主管单位，整改时限照常计算；理由：栏目内容待审定",
    "answered": "同意延期，整改时限延至 2023-03-09（周四），说明：请抓紧审定",
    "recheck_unanswered": "申请复查 3 次，巡检方（市级采集平台）均未答复，请督促复查",
    "run_held": "一次巡检将使 42 处问题销号，数量异常，待人工核实",
}
_CHANGES: Final[Mapping[str, Mapping[str, Any]]] = {
    "answered": {"due_at": "2023-03-09T23:59:59+08:00", "status": "acknowledged"},
    "asked": {"status": "acknowledged"},
    "ask_unanswered": {"status": "acknowledged"},
    "recheck_unanswered": {"status": "claimed"},
    "urge": _OVERDUE,
    "supervise": _OVERDUE,
    "bulletin": _OVERDUE,
    "closed": {
        "status": "closed",
        "close_reason": "recheck_absent",
        "evidence_at": "2023-03-03T08:10:00+08:00",
        "closed_at": "2023-03-03T08:12:00+08:00",
    },
}


def _ticket(name: str, check: str, **changes: Any) -> dict[str, Any]:
    return {**_COLUMN, "ticket_id": name, "check": check, **changes}


def _zhaocuo() -> list[LetterItem]:
    told = {
        "received_at": "2023-03-02T16:40:00+08:00",
        "title": "网民反映：“领导信息”栏目中一位领导的职务已变动，页面没有更新",
    }
    basis = "“我为政府网站找错”留言3个工作日内答复（国办秘函〔2019〕19号）"
    ticket = _ticket(
        "ZG230302-2C41B7E0935D",
        "message.zhaocuo",
        due_at="2023-03-07T23:59:59+08:00",
        problems=[{"locator": "找错留言 4201150029", "facts": told}],
        deadline={"amount": 3, "unit": "working_day", "provisional": False, "basis": basis},
    )
    return [LetterItem("opened", ticket, ASSET, UNIT, "「我为政府网站找错」留言", 2)]


def _comment() -> list[LetterItem]:
    told = {"received_at": "2023-03-02T20:15:00+08:00", "title": "“请问人才补贴今年什么时候开始申报？”"}
    basis = "政务新媒体留言评论，默认值"
    ticket = _ticket(
        "ZG230302-91D07A5EC3B8",
        "comment.unanswered",
        severity="minor",
        due_at="2023-03-09T23:59:59+08:00",
        problems=[{"locator": "3月1日推文《科技计划项目申报指南》", "facts": told}],
        deadline={"amount": 5, "unit": "working_day", "provisional": False, "basis": basis},
    )
    return [LetterItem("opened", ticket, ACCOUNT, UNIT, "评论未回应", 4)]


def _guarded() -> list[LetterItem]:
    target = "https://bet.example.com/promo/2023/spring/register?from=links&campaign=0f3a8c17d2"
    told = {"title": "首页友情链接指向博彩网站", "evidence": {"target": target}}
    ticket = _ticket(
        "ZG230303-D40B6C18F27A",
        "link.dark",
        severity="critical",
        guarded=True,
        due_at="2023-03-03T11:00:00+08:00",
        problems=[{"locator": "https://kjj.city.example/", "facts": told}],
        deadline={
            "amount": 2,
            "unit": "hour",
            "provisional": False,
            "basis": "暗链、非法链接立即处置（全国两会保障期）",
        },
    )
    return [LetterItem("opened", ticket, ASSET, UNIT, "暗链", 0)]


def _provisional() -> list[LetterItem]:
    places = [
        {
            "locator": f"https://kjj.city.example/zwgk/tjsj/{2020 + number // 12}/{number % 12 + 1:02}.html",
            "status": "gone" if number in (3, 7) else "open",
            "facts": {"evidence": {"target": f"https://tjj.city.example/old/{number}.xls", "http_status": 404}},
        }
        for number in range(26)
    ]
    ticket = _ticket(
        "ZG230303-5E93A0BD1C46",
        "link.dead",
        due_at="2024-01-05T23:59:59+08:00",
        problem_count=26,
        open_problem_count=24,
        problems=places,
        deadline={**_COLUMN["deadline"], "provisional": True},
    )
    return [LetterItem("opened", ticket, ASSET, UNIT, "死链", None)]


def _digest() -> list[LetterItem]:
    late = {**_COLUMN, "ticket_id": "ZG230220-07FA3B52D9E6", **_OVERDUE, "status": "claimed"}
    wrong = {
        "locator": "https://kjj.city.example/tzgg/77.html",
        "facts": {"evidence": {"word": "帐号", "suggestion": "账号"}},
    }
    done = {**_COLUMN, "ticket_id": "ZG230228-B36E1D90A7F5", "problems": [wrong], **_CHANGES["closed"]}
    return [
        LetterItem("reminder", _COLUMN, ASSET, UNIT, "栏目不更新", 1),
        LetterItem("urge", late, ASSET, UNIT, "空白栏目", -5),
        *_zhaocuo(), *_comment(), *_guarded(), *_provisional(),
        LetterItem("closed", done, ASSET, UNIT, "错别字", None), *_typo(),
    ]  # fmt: skip


def _typo() -> list[LetterItem]:
    evidence = {"word": "按装", "suggestion": "安装", "snippet": "本周完成设备按装调试"}
    ticket = _ticket(
        "ZG230302-4410CE7B9A2F",
        "text.typo",
        severity="minor",
        status="acknowledged",
        due_at="2023-03-07T23:59:59+08:00",
        problems=[{"locator": "https://kjj.city.example/xwdt/1182.html", "facts": {"evidence": evidence}}],
        deadline={"amount": 3, "unit": "working_day", "provisional": False, "basis": "3个工作日，默认值，无统一规定"},
    )
    return [LetterItem("reassigned", ticket, ASSET, UNIT, "错别字", 2)]


def _warnings() -> tuple[WarningItem, ...]:
    lines = [{"kind": "breach", "amount": 14, "unit": "day"}]
    subjects = [
        {"name": "首页不更新", "locator": "/", "stale_since": "2023-02-20", "times": 1, "lines": lines},
        {"name": "动态类栏目不更新", "locator": "/xwdt/bmdt/", "stale_since": "2023-02-21", "times": 2, "lines": lines},
    ]
    return tuple(WarningItem({"check": "home.stale", **subject}, ASSET, UNIT) for subject in subjects)


def _silences() -> tuple[SilenceItem, ...]:
    links = {"source": "links", "last_run_at": "2023-02-27T02:40:00+08:00", "usual_seconds": 87_300}
    probe = {"source": "probe", "last_run_at": "2023-03-03T08:20:00+08:00", "usual_seconds": 600}
    return SilenceItem(probe), SilenceItem(links, "市级采集平台")


def _week() -> WeekItem:
    units = (
        WeekUnit("某市档案局", 0, 0, 1, 3, 2, 2),
        WeekUnit("某市科学技术局", 5, 2, 3, 4, 3, 2),
        WeekUnit("某县人民政府办公室", 7, 0, 2, 0, 0, 0),
    )
    number = "ZG230220-07FA3B52D9E6"
    late = WeekTicket(
        number,
        "某市科学技术局",
        "某市科学技术局网站",
        "空白栏目：“调查征集”栏目",
        "2023-02-24（周五）",
        OFFICE.desk(number),
    )
    since = datetime(2023, 2, 24, 9, 0, tzinfo=ZONE)
    return WeekItem("zfb", since, AT, 5, units, (late,), (units_sheet(units),))


_VARIANTS: Final[Mapping[str, Callable[[], list[LetterItem]]]] = {
    "zhaocuo": _zhaocuo,
    "comment": _comment,
    "guarded": _guarded,
    "provisional": _provisional,
    "digest": _digest,
    "warned": list,
    SILENT: list,
    WEEK: list,
}
VARIANTS: Final = tuple(_VARIANTS)
"""Letters that are not a kind of their own: about what, or how many."""


def readers(kind: str, policy: Policy | None = None) -> tuple[Reader, ...]:
    """Who may get a letter of this kind, the most usual first."""
    if kind == SILENT:
        return ("producer",)
    if kind == WEEK:
        return ("supervisor",)
    if kind in _VARIANTS:
        return ("duty", "supervisor")
    if kind in ABOUT_ASKS:
        return ("duty",) if kind == ANSWERED else ("supervisor",)
    told = row(kind_of(kind, policy or load_policy()))
    if told.looking:
        return ("supervisor", "producer")
    return ("supervisor", "head", "duty") if told.supervisors else ("duty", "head", "supervisor")


def sample(kind: str, policy: Policy | None = None, reader: Reader | None = None) -> Letter:
    """The letter of a kind, or of a variant, to a reader (the most usual one); with a policy pack also of its steps."""
    to = reader or readers(kind, policy)[0]
    if kind in (SILENT, WEEK):
        name, address, role, unit = PEOPLE[to]
        letter = Letter(
            Recipient(name, address, role), (), AT, ZONE, letterhead=OFFICE.letterhead, unit=unit, week=_week()
        )
        return letter if kind == WEEK else replace(letter, silences=_silences(), week=None)
    if kind in _VARIANTS:
        warnings = _warnings() if kind in {"digest", "warned"} else ()
        return addressed(tuple(_VARIANTS[kind]()), to, warnings)
    known = kind_of(kind, policy or load_policy())
    title = called(kind, policy) if policy is not None else ""
    changes = _CHANGES.get(known, {})
    days = -5 if changes is _OVERDUE else None if kind == "closed" else 1
    item = LetterItem(known, {**_COLUMN, **changes}, ASSET, UNIT, "栏目不更新", days, _REASONS.get(kind, ""), title)
    return addressed((item,), to)


def addressed(items: tuple[LetterItem, ...], reader: Reader, warnings: tuple[WarningItem, ...] = ()) -> Letter:
    """The letter to somebody who reads of these tickets as this reader."""
    own = reader == "duty"
    told = tuple(
        replace(
            item,
            reader=reader,
            alarm_at=_ALARM,
            desk="" if reader in ("duty", "producer") else OFFICE.desk(str(item.ticket["ticket_id"])),
        )
        for item in items
    )
    name, address, role, unit = PEOPLE[reader]
    letter = Letter(
        Recipient(name, address, role),
        told,
        AT,
        ZONE,
        warnings,
        letterhead=OFFICE.letterhead,
        unit=unit,
        pages=OFFICE.pages(NOTICE) if own and told else (),
        guide=OFFICE.guide if own and told else "",
        code=OFFICE.code(NOTICE) if own and told else "",
    )
    return replace(letter, sheet=tuple(sheet_rows(letter)))
