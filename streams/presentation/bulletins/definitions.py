"""What each figure of a bulletin means, in words (rule S-4)."""

from __future__ import annotations

from typing import Final

from schemas.policy import Policy
from schemas.vocabulary import UNIT_LABELS

_PROBLEM: Final = {"has_findings": "有问题但可以合格", "unqualified": "即不合格网站", "serious": "存在突出问题"}
_AT_ONCE: Final = {"working_day": "收到后1个工作日内答复", "same_day": "收到当日答复"}


def definitions(policy: Policy) -> dict[str, str]:
    """By figure."""
    rules = policy.bulletin
    return {
        "running": "在册运行数：截至统计时点名录登记、期末未关停注销的数量",
        "checked": "检查数：期间内有巡检覆盖或有检出的数量",
        "ratio": "检查比例＝检查数中在册运行的÷在册运行数",
        "problem": f"问题网站：{_PROBLEM[rules.problem_site]}",
        "unqualified": f"不合格：有单项否决，或得分低于{policy.limits.pass_mark.points:g}分",
        "rate": "合格率＝（检查数－不合格数）÷检查数，四舍五入；有不合格的不写作100%",
        "points": "得分＝100－期间内存在的问题扣分（按指标封顶）" + ("＋加分" if rules.bonus else ""),
        "after": "整改后合格率＝（检查数－截至统计时点仍不合格数）÷检查数",
        "issued": "整改单：期间内立单的数量，并入其他单、核减、报备的不计",
        "done_rate": "整改完成率＝截至统计时点已销号数÷立单数",
        "urged": "催办：催办次数",
        "valid": "有效留言：收到数减核减数，期间按收到时间计",
        "on_time_rate": "按期办结率＝期限内办结数÷有效留言数",
        "answer_rate": "答复率＝截至统计时点办结数÷有效留言数",
        "at_once": f"即时：{_AT_ONCE[rules.at_once]}",
        "average": f"平均办理时间，单位：{UNIT_LABELS[rules.average_unit]}",
    }
