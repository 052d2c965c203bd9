"""Every Chinese word for a code, once; those of the contract's own lists are in `schemas.vocabulary`.

Dates, weekdays and time left are in `dates`, the names of letters in `letters/kinds`.
"""

from collections.abc import Mapping
from typing import Any, Literal

from schemas.vocabulary import REASON_CODE_LABELS
from streams.presentation import dates

Outside = Literal["hour", "guarded"]


SYSTEM = "整改闭环"
NO_NAMES = frozenset({"值班员", "值班室", "值守", "值守人员", "负责人", "联系人", "办公室", "管理员"})
"""What registries have in place of a person's name."""
OVERDUE = dates.OVERDUE
ALSO = "其他在办整改单"
ALSO_WHY = "本人所在单位其他已逾期和即将到期的整改单，在此一并提示，不另发邮件。"
NO_UNIT = "无主（资产未登记）"
NOBODY = "未署名"  # who did it, or whom it reaches, where no name is known
OURS = "本系统累计"  # who has found what is counted here
NO_DUE = "未定"
PROVISIONAL = "（暂定）"  # after a deadline
PROVISIONAL_WHY = "放假安排尚未公布，公布后如有变化另行通知"
GUARDED = "重要保障期"
GUARDED_SHORT = "保障期"  # before the name of a letter
AUTOMATIC = "本邮件由系统自动发出，请勿直接回复。"

OUTSIDE: Mapping[Outside, str] = {
    "hour": "本通知所涉时限按小时计算，夜间和休息日照常计时。",
    "guarded": "当前为重要保障期，夜间和休息日照常通知。",
}
OUTSIDE_SHORT: Mapping[Outside, str] = {
    "hour": "（夜间和休息日照常计时）",
    "guarded": "（重要保障期，夜间和休息日照常通知）",
}

SILENT = "巡检中断"
SILENT_MEANS = "下列巡检方一直按时巡检，现在没有了。中断期间发现不了新问题，已整改的问题也无法自动销号。"
SILENT_STEPS = (
    "查明原因（任务未启动、程序出错、网络或密钥变更），恢复巡检；恢复后无需回复，本提示自动解除。",
    "不再使用该巡检方的，请告知主管单位，其未销号的问题由其他巡检方或人工复查。",
)
WEEK = "一周整改情况"
WEEK_STEPS = (
    "逾期的，督促责任单位立即整改；确有困难的，审批其延期申请。",
    "临期的，提醒责任单位按时反馈；反馈后复查，确认问题消除的自动销号。",
)
WARNING = "预警"
WARNING_ADVICE = (
    "尚未超期，不立整改单，无需反馈。请在超期线之前更新或处理，再次巡检未发现的不再提示；超期的将立单限期整改。"
)
STALE_SINCE = "最近更新 "
WARNED_SINCE = "起预警"
LINE: Mapping[str, str] = {
    "good": "即时线",
    "warning": "预警线",
    "breach": "超期线",
    "penalty": "扣分线",
    "veto": "单项否决线",
}
LINE_AMOUNT: Mapping[str, str] = {
    "day": "第{}天",
    "working_day": "第{}个工作日",
    "month": "满{}个月",
    "round": "第{}轮",
}

PLATFORM: Mapping[str, str] = {
    "wechat": "微信",
    "weibo": "微博",
    "app": "客户端",
    "miniprogram": "小程序",
    "video": "视频号",
    "douyin": "抖音",
    "kuaishou": "快手",
}

ASSET_WORD: Mapping[str, str] = {"website": "网站", "account": "账号"}
WHOLE_ASSET = "全站"
WHOLE_ACCOUNT = "整个账号"

PROBLEM: Mapping[str, str] = {"open": "未消除", "gone": "已消除", "dismissed": "误报", "waived": "报备"}
NOTICE: Mapping[str, str] = {
    "pending": "待发",
    "sending": "发送中",
    "accepted": "已发出",
    "delivered": "已送达",
    "undelivered": "未送达",
    "uncertain": "不确定",
    "suppressed": "未发",
    "expired": "过期未发",
    "dead": "发送失败",
}

NOTICE_FIELD: Mapping[str, str] = {
    "notice_id": "编号",
    "state": "状态",
    "code": "代码",
    "kind": "通知",
    "channel": "渠道",
    "recipient": "收件人",
    "role": "角色",
    "unit_id": "单位",
    "asset_id": "资产",
    "ticket_id": "整改单",
    "exempt": "不受免打扰限制",
    "attempts": "发送次数",
    "provider": "服务商",
    "delivery_id": "服务商编号",
    "created_at": "生成",
    "not_before": "最早发送",
    "expires_at": "失效",
    "updated_at": "最近变化",
}
YES_NO: Mapping[bool, str] = {True: "是", False: "否"}
GROUPED_BY: Mapping[str, str] = {
    "region": "地区",
    "platform": "平台",
    "kind": "类型",
    "unit_id": "单位",
    "level": "层级",
    "class": "类别",
}
ASSET_CLASS: Mapping[str, str] = {"publishing": "发布类", "service": "服务类"}

# How sure the source of a value is, and what that means.
SURE: Mapping[str, str] = {"N": "通报", "O": "规定", "D": "默认", "?": "待核"}
SURE_MEANS: Mapping[str, str] = {
    "N": "见于已公开的通报",
    "O": "官方规定",
    "D": "本系统默认值，无统一规定",
    "?": "凭记忆，未核对",
}

WHY_HELD: Mapping[str, str] = {"C-4": "销号过多", "R-21": "页数过少", "C-45": "来源异常"}
"""Why a run is held, by the rule that has held it."""

ABSENT = "覆盖该位置，未再发现该问题"  # of a run
GONE = "复查确认问题已不存在"
# What closed it, where no sentence came along.
CLOSED_BY: Mapping[str, str] = {
    "run_absent": f"巡检{ABSENT}",
    "recheck_absent": GONE,
    "approved": "经审核确认已整改",
    "closed_by_person": "由主管单位销号",
    "asset_removed": "资产已关停注销，经核实",
    "below_the_line": "累计数已低于单项否决线",
    "merged": "已并入另一整改单",
}


def labelled(labels: Mapping[Any, str], code: str | None) -> str:
    """The Chinese word for a code; the code itself where there is none."""
    return labels.get(code, code) if code else ""


def ended_by(reason: str | None) -> str:
    """Why a ticket has ended: by what it was closed, or as what it was judged."""
    return labelled({**REASON_CODE_LABELS, **CLOSED_BY}, reason)


def where(locator: str | None, asset_kind: str | None) -> str:
    """The place on the asset, or that it is the whole of it."""
    return locator or (WHOLE_ACCOUNT if asset_kind == "account" else WHOLE_ASSET)
