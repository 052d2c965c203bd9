"""What the reader should do, in one to three steps. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from streams.presentation.letters.kinds import STANDING_IN, KindRow
from streams.presentation.letters.letter import Reader

T = TypeVar("T")

# What to do, by check code; the longest matching beginning counts, the empty one is for all others.
_ADVICE: Final[Mapping[str, str]] = {
    "": "按要求整改，并检查同类问题",
    "message": "办理该留言，并向留言人作出答复",
    "message.zhaocuo": "核实网民反映的问题，整改后在“找错”平台答复",
    "comment": "回复该评论",
    "link": "修正或删除有问题的链接，并检查同类链接",
    "link.dark": "立即删除暗链，排查被植入的原因并加固",
    "link.illegal": "立即删除违法链接，并排查同类链接",
    "wording": "立即下线或更正错误表述，并排查转载和历史稿件",
    "text": "更正文字，并检查同一稿件的其他发布渠道",
    "site.unreachable": "尽快恢复访问，并查明原因",
    "site.tampered": "立即下线被篡改页面，恢复内容，排查原因并加固",
    "site.security_hole": "立即修补漏洞，确认没有被利用",
    "content.privacy": "立即删除或遮盖个人信息，并排查同类页面",
    "home": "更新首页内容",
    "column.stale": "更新栏目内容；不再更新的，按程序调整或归档",
    "column.blank": "补充栏目内容；不再使用的，按程序关停",
    "account": "恢复更新；不再运营的，按程序注销",
    "function": "修复功能；短期不能修复的，先下线",
    "service": "恢复服务；短期不能恢复的，先下线",
    "guide": "补全办事指南缺少的要素",
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """How a problem came up and what its owner owes: a message is answered, not rectified."""

    found: str
    seen: str  # the verb of the short message
    owed: str
    report: str


_REPORT: Final = "反馈整改措施和佐证材料；复查确认问题消除后自动销号。"
_ANSWERED: Final = "反馈答复内容和佐证材料；确认已答复后自动销号。"

# By check code, as above.
_OCCASIONS: Final[Mapping[str, Occasion]] = {
    "": Occasion("检查发现{whose}“{asset}”存在下列问题，{please}按时整改。", "检出", "整改", _REPORT),
    "message": Occasion(
        "网民给{whose}“{asset}”的下列留言尚未答复，{please}按时办理并公开答复。", "有", "答复", _ANSWERED
    ),
    "message.zhaocuo": Occasion(
        "网民通过“我为政府网站找错”平台反映{whose}“{asset}”的下列问题，{please}核实整改，并按时在平台答复。",
        "收到",
        "答复",
        _ANSWERED,
    ),
    "comment": Occasion("{whose}“{asset}”的下列网民评论尚未回应，{please}按时回应。", "有", "回应", _ANSWERED),
}
_ACKNOWLEDGE: Final = "签收整改单{number}。"


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What the steps depend on: the ticket, whose it is, and how far it has come."""

    check: str
    number: str
    merged_into: str
    unit: str
    unacknowledged: bool
    waiting: bool  # for the recheck that a claim has asked for
    standing_in: bool = False


def steps(told: KindRow, reader: Reader, case: ActionContext) -> tuple[str, ...]:
    """Return the steps in their order; the owner's duty contacts are first asked to acknowledge if nobody has."""
    lines = told.steps_of(reader, waiting=case.waiting)
    if case.standing_in and told.asks and not case.waiting and not told.supervisors:
        lines = STANDING_IN
    if case.unacknowledged and told.owner and reader == "duty":
        lines = (_ACKNOWLEDGE, *lines)
    advice = _nearest(_ADVICE, case.check)
    words = {"advice": advice, "unit": case.unit, "number": case.number, "merged_into": case.merged_into}
    words["report"] = occasion(case.check).report
    return tuple(line.format_map(words).replace("立即立即", "立即").replace("抓紧立即", "立即") for line in lines)


def occasion(check: str) -> Occasion:
    """The words of a check's occasion."""
    return _nearest(_OCCASIONS, check)


def _nearest(words: Mapping[str, T], check: str) -> T:
    """The entry of the longest beginning of a check's code."""
    parts = check.split(".")
    return next(words[code] for size in range(len(parts), -1, -1) if (code := ".".join(parts[:size])) in words)
