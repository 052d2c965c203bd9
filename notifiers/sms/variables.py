"""What an approved template may say: short named variables, from a letter. Pure (rule N-42)."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from notifiers import labels
from notifiers.digest import digest
from notifiers.letter import Letter
from notifiers.view import ItemView, view
from notifiers.wording import clean, short_day, shorten

DIGEST: Final = "digest"
NOTHING: Final = "无"  # providers refuse an empty variable

VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "to": "收信人姓名",
        "kind": "事由，如 催办",
        "unit": "责任单位",
        "asset": "网站或账号",
        "problem": "问题名称",
        "ticket": "整改单号（多件时为最急的一件）",
        "count": "整改单件数",
        "overdue": "其中已逾期的件数",
        "date": "最近时限的日期，如 3月6日",
        "due": "最近时限，如 3月6日(周一)17:30",
        "left": "剩余或逾期，如 剩余2个工作日",
    }
)
"""Name -> meaning."""

LEAST: Final[Mapping[str, int]] = MappingProxyType({"ticket": 23, "date": 11, "due": 24, "count": 5, "overdue": 5})
"""What must not be cut off needs so many characters; names give way."""

# A provider takes whatever looks like an address for advertising.
_LINK: Final = re.compile(
    r"(?:https?://|www\.)[^\s，。；）)]*|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:cn|com|net|org)\b\S*", re.IGNORECASE
)


def variables(letter: Letter) -> tuple[str, dict[str, str]]:
    """The kind of template that a letter needs, and every variable's value, in full."""
    views = [view(item, letter.at, letter.zone) for item in letter.items]
    if not views:
        return "", {}
    first = _most_urgent(views, letter)
    several = len(views) > 1
    today = letter.at.astimezone(letter.zone).date()
    due = first.due_at
    values = {
        "to": letter.recipient.name,
        "kind": labels.DIGEST if several else first.kind_label,
        "unit": first.unit,
        "asset": first.asset,
        "problem": first.problem,
        "ticket": first.ticket_id,
        "count": str(len(views)),
        "overdue": str(sum(item.overdue for item in views)),
        "date": short_day(due.astimezone(letter.zone).date(), today).partition("(")[0] if due else labels.NO_DUE,
        "due": first.due_short,
        "left": first.time_left,
    }
    return DIGEST if several else first.kind, {name: _fit(value) for name, value in values.items()}


def cut(value: str, longest: int) -> str:
    """At most so many characters, never none."""
    return shorten(_fit(value), longest) or NOTHING


def _fit(value: str) -> str:
    return clean(_LINK.sub("", clean(value))) or NOTHING


def _most_urgent(views: list[ItemView], letter: Letter) -> ItemView:
    return digest(views, letter.at, letter.zone).rows[0]
