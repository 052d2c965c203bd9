"""The closed word lists of the contract and their Chinese labels, each label in this one place (docs/glossary.md)."""

from __future__ import annotations

from typing import Final, Literal

Severity = Literal["critical", "major", "minor"]
TicketStatus = Literal["open", "acknowledged", "claimed", "closed", "dismissed"]
ProblemStatus = Literal["open", "gone", "dismissed", "waived"]
Outcome = Literal["absent", "present", "unverifiable"]
Timeliness = Literal["good", "on_time", "late", "penalty", "veto"]

ASSET_KIND_LABELS: Final[dict[str, str]] = {"website": "网站", "account": "新媒体"}
SEVERITY_LABELS: Final[dict[str, str]] = {"critical": "严重", "major": "一般", "minor": "轻微"}
STATUS_LABELS: Final[dict[str, str]] = {
    "open": "待签收",
    "acknowledged": "办理中",
    "claimed": "待复核",
    "closed": "已销号",
    "dismissed": "已撤销",
}
REASON_CODE_LABELS: Final[dict[str, str]] = {
    "dismissed": "误报核减",
    "false_alarm": "误报",
    "withdrawn": "来信人撤回",
    "spam": "垃圾信息",
    "waived": "报备",
}
ASK_LABELS: Final[dict[str, str]] = {
    "extension": "申请延期",
    "not_ours": "不属于本单位",
    "false_alarm": "误报申诉",
}
ROLE_LABELS: Final[dict[str, str]] = {"duty": "值守", "head": "负责人", "supervisor": "主管单位", "group": "工作群"}
RUNG_LABELS: Final[dict[str, str]] = {"urge": "催办", "supervise": "督办", "bulletin": "通报"}
TIMELINESS_LABELS: Final[dict[str, str]] = {
    "good": "即时",
    "on_time": "按期",
    "late": "超期",
    "penalty": "超过扣分线",
    "veto": "超过单项否决线",
}
LINE_LABELS: Final[dict[str, str]] = {"penalty": "扣分线", "veto": "否决线"}  # as published in events
UNIT_LABELS: Final[dict[str, str]] = {
    "day": "天",
    "working_day": "个工作日",
    "hour": "小时",
    "month": "个月",
    "round": "轮",
}
EVENT_LABELS: Final[dict[str, str]] = {
    "opened": "立单",
    "seen_again": "再次检出",
    "joined": "并入问题",
    "warned": "预警",
    "acknowledged": "签收",
    "acknowledgement_expired": "签收失效",
    "fix_claimed": "反馈整改",
    "extended": "延期",
    "reminded": "临期提醒",
    "overdue": "逾期",
    "escalated": "升级",
    "line_crossed": "越线",
    "recheck_requested": "申请复查",
    "recheck_failed": "复查未通过",
    "recheck_unanswered": "复查逾期未反馈",
    "recheck_ignored": "复查不采信",
    "absence_noted": "待核实",
    "problem_gone": "问题消除",
    "deadline_changed": "时限变更",
    "run_held": "巡检待核",
    "run_accepted": "巡检采信",
    "run_rejected": "巡检不采信",
    "run_incomplete": "巡检不全",
    "run_found_more": "巡检多报",
    "run_settled": "巡检办结",
    "closed": "销号",
    "reopened": "重新打开",
    "dismissed": "误报核减",
    "waived": "报备",
    "waiver_ended": "报备到期",
    "reassigned": "转派",
    "orphaned": "失管",
    "asset_moved": "资产迁移",
    "sent_back": "退回重办",
    "split": "拆单",
    "notice_resent": "补发通知",
    "notice_suppressed": "停发通知",
    "asked": "申请",
    "ask_refused": "申请未获同意",
    "ask_ended": "申请终止",
    "ask_unanswered": "申请逾期未答复",
    "noted": "备注",
    "command_refused": "指令不予受理",
    "calendar_missing": "缺少工作日历",
    "provider_alarm": "发送渠道告警",
    "webhook_given_up": "推送中止",
    "dead_letters_limited": "死信截短",
}
UNASSIGNED: Final = "unassigned"
"""The key of escalations of tickets whose asset nobody has registered."""
