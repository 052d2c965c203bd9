"""On what a deadline rests, as a letter says it. Pure.

N-65  A letter names rules and notices, not what the pack says of itself: that a value is a default, that nothing rules
      it, that nobody has checked it. `policy show`, `policy explain` and the pages go on saying that.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from notifiers.text import clean

_OWN: Final = ("默认值", "无统一规定", "无全国规定", "未核对", "凭记忆", "地方规定")
_AMOUNT: Final = re.compile(r"\d+(?:\.\d+)?个?(?:工作日|小时|天|日|月)")
_OPENING, _CLOSING = "（(《〈〔「“", "）)》〉〕」”"
_REOPENED: Final = "问题反弹的，时限减半"
_EXTENDED: Final = "已批准延期"


def basis_words(deadline: Mapping[str, Any]) -> str:
    """Of a published deadline; empty where nothing rules it."""
    told = [*map(_clause, _split(clean(deadline.get("basis")), "；"))]
    became = str(deadline.get("rule", "")).split("/")[1:]
    if "reopened" in became:
        told.append(_REOPENED)
    if any(one.startswith("extended") for one in became):
        told.append(_EXTENDED)
    return "；".join(filter(None, told))


def _clause(clause: str) -> str:
    """A clause without what it says of itself, and without the amount that is the pack's own."""
    if not any(word in clause for word in _OWN):
        return clause
    parts = _split(clause, "，")
    return "，".join(part for part in parts if not any(word in part for word in _OWN) and not _AMOUNT.search(part))


def _split(text: str, sign: str) -> list[str]:
    """At the sign where it stands in no brackets."""
    parts, depth, begin = [], 0, 0
    for place, char in enumerate(text):
        depth += (char in _OPENING) - (char in _CLOSING)
        if char == sign and depth == 0:
            parts.append(text[begin:place])
            begin = place + 1
    return [*parts, text[begin:]]
