"""The words of letters; those of the contract's own lists are in `schemas.vocabulary`."""

from collections.abc import Mapping
from typing import Any, Literal

from streams.presentation import dates

Outside = Literal["hour", "guarded"]


SYSTEM = "整改闭环"
SIGNATURE = f"【{SYSTEM}】"  # carriers drop short messages without a sender's name in these brackets
DIGEST = "整改汇总"
OVERDUE = dates.OVERDUE
ALSO = "其他在办整改单"
ALSO_WHY = "本人所在单位其他已逾期和即将到期的整改单，在此一并提示，不另发邮件。"
NO_UNIT = "未登记单位"
NO_DUE = "未定"
NO_DUE_ASK = "请尽快"
PROVISIONAL = "暂定"
PROVISIONAL_WHY = "放假安排尚未公布，公布后如有变化另行通知"
CRITICAL = "紧急"
GUARDED = "重要保障期"
GUARDED_SHORT = "保障期"  # before the name of a letter
AUTOMATIC = "本邮件由系统自动发出，请勿直接回复。"

OUTSIDE: Mapping[Outside, str] = {
    "hour": "本通知所涉时限按小时计算，夜间和休息日照常计时，不受免打扰限制。",
    "guarded": "当前为重要保障期，本通知不受免打扰限制。",
}
OUTSIDE_SHORT: Mapping[Outside, str] = {
    "hour": "（按小时计时，不受免打扰限制）",
    "guarded": "（重要保障期，不受免打扰限制）",
}

WARNING = "预警"
WARNING_ADVICE = (
    "尚未超期，不立整改单，无需反馈。请在超期线之前更新或处理，再次巡检未发现的不再提示；超期的将立单限期整改。"
)
STALE_SINCE = "最近更新 "
WARNED_SINCE = "起预警"
LINE_KIND: Mapping[str, str] = {"breach": "超期线", "penalty": "扣分线", "veto": "单项否决线"}
LINE_AMOUNT: Mapping[str, str] = {
    "day": "第{}天",
    "working_day": "第{}个工作日",
    "month": "满{}个月",
    "round": "第{}轮",
}

DEADLINE_UNIT: Mapping[str, str] = {"working_day": "个工作日", "hour": "小时", "month": "个月"}

PLATFORM: Mapping[str, str] = {
    "wechat": "微信",
    "weibo": "微博",
    "app": "客户端",
    "miniprogram": "小程序",
    "video": "视频号",
    "douyin": "抖音",
    "kuaishou": "快手",
}

# What closed it, where no sentence came along.
CLOSED_BY: Mapping[str, str] = {
    "run_absent": "巡检覆盖该位置，未再发现该问题",
    "recheck_absent": "复查确认问题已不存在",
    "approved": "经审核确认已整改",
    "closed_by_person": "由主管单位销号",
    "asset_removed": "资产已关停注销，经核实",
    "below_the_line": "累计数已低于单项否决线",
    "merged": "已并入同一成因的整改单",
}


def labelled(labels: Mapping[Any, str], code: str | None) -> str:
    """The Chinese word for a code; the code itself where there is none."""
    return labels.get(code, code) if code else ""
