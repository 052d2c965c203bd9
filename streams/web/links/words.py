"""What the unit's page says that is not about a ticket."""

from __future__ import annotations

from typing import Final

PENDING: Final = "已提交，尚在处理。本页每3秒自动刷新，也可以稍后再打开这个链接查看。"
LATE: Final = "已提交，但超过2分钟仍无结果。内容没有丢失，请稍后再看；急需办理的，请拨打来信落款的电话。"
_UNPROCESSED: Final = "提交已超过10分钟，系统仍未处理，目前不能视为已经办理。{call}。您提交的内容如下。"
AWAY: Final = "系统暂时无法接收，内容尚未提交，已保留在下面。请过几分钟再点一次“提交”，重复提交只算一次。"
TOO_SOON: Final = "提交过快，请核对后再点一次“提交”。"
TOO_OLD: Final = "页面打开时间过长，已为您更新。请核对后再点一次“提交”。"
NOT_OURS: Final = "页面已过期，已为您更新。请核对后再点一次“提交”。"
NOT_DONE: Final = "指令不予受理"
DONE: Final = {
    "acknowledged": "签收成功",
    "fix_claimed": "反馈已收到，下一步复查；复查确认消除后销号",
    "asked": "申请已收到，等待主管单位答复；答复前时限照常计算",
    "noted": "备注已记录",
}
"""By the event that answers."""
_UNREADABLE: Final = "系统没有受理：内容中有不能识别的字符。请改写后重新提交。"
_OUR_FAULT: Final = "系统没有受理，不是填写有误。可以重新提交一次；仍不受理的，{call}。"
_NOT_TAKEN: Final = {
    "too_large": "系统没有受理：内容过多。请缩短后重新提交，佐证材料请作为附件上传。",
    **dict.fromkeys(("invalid_json", "missing_field", "invalid_field", "invalid_text", "invalid_number"), _UNREADABLE),
}
"""By the code of a dead letter."""
_ENDED: Final = "来信可能已满30天，或者整改单已办结超过7天、已转给其他单位，或者联系人已变更。"
SIZE_UNITS: Final = ("B", "KB", "MB")


def size_words(size: int) -> str:
    """`3.4 MB`."""
    amount = float(size)
    for unit in SIZE_UNITS:
        if amount < 1024 or unit == SIZE_UNITS[-1]:  # noqa: PLR2004 - of a kilobyte
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError


def not_taken(code: str, whom: str) -> str:
    """What a command that became a dead letter says, and what to do. `whom`: to call, may be empty."""
    return _NOT_TAKEN.get(code, _OUR_FAULT).format(call=_call(whom))


def unprocessed(whom: str) -> str:
    """That nothing has become of it."""
    return _UNPROCESSED.format(call=_call(whom))


def _call(whom: str) -> str:
    return f"请联系{whom}" if whom else "请拨打来信落款的电话"


def call(office: str) -> str:
    """Whom to call where a link has ended: the same for everybody, and nothing of the ticket."""
    whom = f"请联系{office}，或拨打来信落款的电话" if office else "请拨打来信落款的电话"
    return f"{_ENDED}{whom}，也可向本单位政务公开负责人核实。"
