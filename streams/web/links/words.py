"""What the unit's page says that is not about a ticket."""

from __future__ import annotations

from typing import Final

from streams.web.outcomes import OutcomeWords

_PENDING: Final = "已提交，尚在处理。本页每3秒自动刷新，也可以稍后再打开这个链接查看。"
_LATE: Final = "已提交，但超过2分钟仍无结果。内容没有丢失，请稍后再看；急需办理的，请拨打来信落款的电话。"
AWAY: Final = "系统暂时无法接收，内容尚未提交，已保留在下面。请过几分钟再点一次“提交”，重复提交只算一次。"
TOO_SOON: Final = "提交过快，请核对后再点一次“提交”。"
TOO_OLD: Final = "页面打开时间过长，已为您更新。请核对后再点一次“提交”。"
NOT_OURS: Final = "页面已过期，已为您更新。请核对后再点一次“提交”。"
_DONE: Final = {
    "acknowledged": "签收成功",
    "fix_claimed": "反馈已收到，下一步复查；复查确认消除后销号",
    "asked": "申请已收到，等待主管单位答复；答复前时限照常计算",
    "noted": "备注已记录",
}
_ENDED: Final = "来信可能已满30天，或者整改单已办结超过7天、已转给其他单位，或者联系人已变更。"


def outcome_words(whom: str) -> OutcomeWords:
    """What became of what was submitted; `whom`: to call, may be empty."""
    return OutcomeWords(_PENDING, _LATE, _DONE, f"请联系{whom}" if whom else "请拨打来信落款的电话")


def call(office: str) -> str:
    """Whom to call where a link has ended: the same for everybody, and nothing of the ticket."""
    whom = f"请联系{office}，或拨打来信落款的电话" if office else "请拨打来信落款的电话"
    return f"{_ENDED}{whom}，也可向本单位政务公开负责人核实。"
