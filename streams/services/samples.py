"""Letters about invented findings, to look at without a ledger: what `rectify notice preview --sample` shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from notifiers.protocol import Recipient
from schemas.policy import Policy
from streams.files.policy.loading import load_policy
from streams.presentation.letters.kinds import called, kind_of
from streams.presentation.letters.letter import Letter, LetterItem, WarningItem

ZONE: Final = ZoneInfo("Asia/Shanghai")
AT: Final = datetime(2023, 3, 3, 9, 0, tzinfo=ZONE)
_ASSET: Final = {"asset_id": "kjj", "name": "某市科学技术局网站", "kind": "website"}
_ACCOUNT: Final = {"asset_id": "kjj-wx", "name": "某市科技", "kind": "account", "platform": "wechat"}
_UNIT: Final = {"unit_id": "kjj", "name": "某市科学技术局"}
_COLUMN: Final[dict[str, Any]] = {
    "ticket_id": "T-8F3K2M9QX4",
    "version": 2,
    "asset_id": "kjj",
    "check": "column.stale",
    "severity": "major",
    "status": "open",
    "due_at": "2023-03-06T23:59:59+08:00",
    "problem_count": 1,
    "open_problem_count": 1,
    "problems": [{"locator": "/hdjl/dczj/", "facts": {"title": "“调查征集”栏目自2022年2月10日起未更新"}}],
    "deadline": {
        "amount": 5,
        "unit": "working_day",
        "provisional": False,
        "basis": "《政府网站与政务新媒体检查指标》（国办秘函〔2019〕19号）",
    },
}
_OVERDUE: Final = {"due_at": "2023-02-24T23:59:59+08:00"}
_REASONS: Final[Mapping[str, str]] = {
    "sent_back": "佐证截图与问题栏目不符，请补充栏目更新后的页面",
    "recheck_unanswered": "申请复查 3 次，巡检方（市级采集平台）均未答复，请督促复查",
    "run_held": "一次巡检将使 42 处问题销号，数量异常，待人工核实",
}
_CHANGES: Final[Mapping[str, Mapping[str, Any]]] = {
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
        "T-ZC20230302",
        "message.zhaocuo",
        due_at="2023-03-07T23:59:59+08:00",
        problems=[{"locator": "找错留言 4201150029", "facts": told}],
        deadline={"amount": 3, "unit": "working_day", "provisional": False, "basis": basis},
    )
    return [LetterItem("opened", ticket, _ASSET, _UNIT, "「我为政府网站找错」留言", 2)]


def _comment() -> list[LetterItem]:
    told = {"received_at": "2023-03-02T20:15:00+08:00", "title": "“请问人才补贴今年什么时候开始申报？”"}
    basis = "政务新媒体互动回应，默认值"
    ticket = _ticket(
        "T-PL20230302",
        "comment.unanswered",
        severity="minor",
        due_at="2023-03-09T23:59:59+08:00",
        problems=[{"locator": "3月1日推文《科技计划项目申报指南》", "facts": told}],
        deadline={"amount": 5, "unit": "working_day", "provisional": False, "basis": basis},
    )
    return [LetterItem("opened", ticket, _ACCOUNT, _UNIT, "评论未回应", 4)]


def _guarded() -> list[LetterItem]:
    target = "https://bet.example.com/promo/2023/spring/register?from=links&campaign=0f3a8c17d2"
    told = {"title": "首页友情链接指向博彩网站", "evidence": {"target": target}}
    ticket = _ticket(
        "T-AL20230303",
        "link.dark",
        severity="critical",
        guarded=True,
        due_at="2023-03-03T11:00:00+08:00",
        problems=[{"locator": "/index.html", "facts": told}],
        deadline={
            "amount": 2,
            "unit": "hour",
            "provisional": False,
            "basis": "暗链、非法链接立即处置（全国两会保障期）",
        },
    )
    return [LetterItem("opened", ticket, _ASSET, _UNIT, "暗链", 0)]


def _provisional() -> list[LetterItem]:
    places = [{"locator": f"/zwgk/tjsj/{number}/{'a' * number}.html"} for number in range(1, 14)]
    ticket = _ticket(
        "T-YL20230303",
        "link.dead",
        due_at="2024-01-05T23:59:59+08:00",
        problem_count=13,
        open_problem_count=11,
        problems=places,
        deadline={**_COLUMN["deadline"], "provisional": True},
    )
    return [LetterItem("opened", ticket, _ASSET, _UNIT, "死链", None)]


def _digest() -> list[LetterItem]:
    late = {**_COLUMN, "ticket_id": "T-CB20230224", **_OVERDUE, "status": "claimed"}
    done = {**_COLUMN, "ticket_id": "T-XH20230303", **_CHANGES["closed"]}
    return [
        LetterItem("reminder", _COLUMN, _ASSET, _UNIT, "栏目不更新", 1),
        LetterItem("urge", late, _ASSET, _UNIT, "空白栏目", -5),
        *_zhaocuo(), *_comment(), *_guarded(), *_provisional(),
        LetterItem("closed", done, _ASSET, _UNIT, "错别字", None),
    ]  # fmt: skip


def _warnings() -> tuple[WarningItem, ...]:
    lines = [{"kind": "breach", "amount": 14, "unit": "day"}]
    subjects = [
        {"name": "首页不更新", "locator": "/", "stale_since": "2023-02-20", "times": 1, "lines": lines},
        {"name": "动态类栏目不更新", "locator": "/xwdt/bmdt/", "stale_since": "2023-02-21", "times": 2, "lines": lines},
    ]
    return tuple(WarningItem({"check": "home.stale", **subject}, _ASSET, _UNIT) for subject in subjects)


_VARIANTS: Final[Mapping[str, Callable[[], list[LetterItem]]]] = {
    "zhaocuo": _zhaocuo,
    "comment": _comment,
    "guarded": _guarded,
    "provisional": _provisional,
    "digest": _digest,
    "warned": list,
}
VARIANTS: Final = tuple(_VARIANTS)
"""Letters that are not a kind of their own: about what, or how many."""


def sample(kind: str, policy: Policy | None = None) -> Letter:
    """The letter of a kind, or of a variant; with a policy pack also of its steps."""
    to = Recipient("王五", "wang@kjj.example", "duty")
    if kind in _VARIANTS:
        warnings = _warnings() if kind in {"digest", "warned"} else ()
        return Letter(to, tuple(_VARIANTS[kind]()), AT, ZONE, warnings)
    known = kind_of(kind, policy or load_policy())
    title = called(kind, policy) if policy is not None else ""
    changes = _CHANGES.get(known, {})
    days = -5 if changes is _OVERDUE else None if kind == "closed" else 1
    item = LetterItem(known, {**_COLUMN, **changes}, _ASSET, _UNIT, "栏目不更新", days, _REASONS.get(kind, ""), title)
    return Letter(to, (item,), AT, ZONE)
