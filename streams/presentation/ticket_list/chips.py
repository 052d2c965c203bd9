"""The filters of a list in words, each of which can be taken off. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from notifiers.text import clean, shorten
from streams.presentation.ticket_list.columns import COLUMNS

_OF_COLUMNS: Final = ("unit", "asset", "kind", "platform", "region", "check", "status", "light", "rung", "severity")
FILTERS: Final[Mapping[str, str]] = {
    "q": "查找",
    "sub": "含下属单位",
    **{name: COLUMNS[name].label for name in _OF_COLUMNS},
    "due_from": "时限自",
    "due_to": "时限至",
    "opened_from": "立单自",
    "opened_to": "立单至",
    "closed_from": "办结自",
    "closed_to": "办结至",
    "decide": "待我决定",
}
"""What a filter is called, by its name in a query."""
_LONGEST: Final = 40


def chip_words(name: str, value: str, labels: Mapping[str, Mapping[str, str]]) -> str:
    """`状态：待签收、办理中`; `labels`: the words of coded values, by name."""
    if name == "sub" or (name == "decide" and value == "1"):
        return FILTERS[name]
    words = labels.get(name, {})
    told = "、".join(words.get(one, one) for one in map(clean, value.split(",")) if one)
    return f"{FILTERS[name]}：{shorten(told, _LONGEST)}"
