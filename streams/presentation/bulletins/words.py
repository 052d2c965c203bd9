"""What the figures of a bulletin are called, each once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ASSET_FIGURES: Final[Mapping[str, str]] = {
    "running": "在册运行", "checked": "检查", "checked_running": "检查的在册运行", "problem": "有问题",
    "qualified": "合格", "unqualified": "不合格", "still_unqualified": "复查后仍不合格",
}  # fmt: skip
RATES: Final[Mapping[str, str]] = {
    "rate": "合格率", "ratio": "检查比例", "done_rate": "整改完成率", "on_time_rate": "按期办结率",
    "answer_rate": "答复率",
}  # fmt: skip
SLIP_FIGURES: Final[Mapping[str, str]] = {
    "issued": "下发整改单", "done": "完成整改", "done_on_time": "按期完成", "overdue": "逾期未完成", "extended": "延期",
    "urged": "催办次数", "reopened": "重开次数",
}  # fmt: skip
MESSAGE_KINDS: Final[Mapping[str, str]] = {"zhaocuo": "找错留言", "message": "留言", "comment": "评论"}
MESSAGE_FIGURES: Final[Mapping[str, str]] = {
    "received": "收到", "valid": "有效", "done": "办结", "on_time": "按期办结", "at_once": "即时答复",
}  # fmt: skip
