"""Words of the desk 督查台 that stand nowhere else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from schemas.actions import Action
from schemas.policy import Policy

SET_ASIDE: Final[Mapping[str, str]] = {
    "ticket": "整改单到期处理",
    "recount": "时限重算",
    "handover": "单位移交",
    "follower": "随名录变更",
    "refresh": "计数发布",
    "run": "巡检判定",
    "request": "复查申请到期",
    "ask": "申请到期",
    "producer": "巡检中断判定",
    "count": "累计计算",
    "notice": "通知发送",
    "registry": "名录读取",
}
"""What was to be done, by the kind of what is set aside."""
UNNAMED: Final = "（未写来源）"
PARTITION: Final = "{}（{}）"
WHY_HELD_LONG: Final[Mapping[str, str]] = {
    "C-4": "一次使过多问题销号（超过 {problems} 处且超过其可销号问题的 {share}%）",
    "R-21": "检查的页数远少于往次",
    "C-45": "该巡检方近来称已消除的过多，疑似采集异常",
}
"""Why a run is held, by the rule."""
RUN_STATES: Final[Mapping[str, str]] = {
    "held": "待核",
    "accepted": "已采信",
    "settled": "已采信，处理完毕",
    "rejected": "不予采信",
}
"""What has become of a run that was held."""


class RunActWords(NamedTuple):
    """A decision about a held run: what it is called, what it means, and what its button says."""

    name: str  # in its address
    action: Action
    title: str
    said: str
    together: str  # of several runs


RUN_ACTS: Final[Mapping[str, RunActWords]] = {
    "accept": RunActWords(
        "accept",
        "accept_run",
        "采信",
        "本次巡检未再检出的问题按已消除处理：所列问题销号，其整改单全部消除的随即办结。",
        "这些巡检未再检出的问题按已消除处理：问题销号，其整改单全部消除的随即办结。",
    ),
    "reject": RunActWords(
        "reject",
        "reject_run",
        "不采信",
        "本次巡检不作销号依据：所列问题照旧未消除，整改时限照常计算，等待以后的巡检或复查。",
        "这些巡检不作销号依据：问题照旧未消除，整改时限照常计算，等待以后的巡检或复查。",
    ),
}


def why_held(rule: str | None, policy: Policy) -> str:
    """Why a run is held, in a sentence."""
    brake = policy.limits.brake
    words = WHY_HELD_LONG.get(rule or "", "")
    return words.format(problems=brake.problems, share=round(brake.share * 100))
