"""What a template can name: the JSON's own names, what is easier to write by another, and the fields typed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from streams.presentation.dates import written_day
from streams.services.failure import Failure

TYPED: Final[Mapping[str, str]] = {
    "title": "关于政府网站与政务新媒体检查情况的通报",
    "number": "",
    "addressee": "各有关单位",
    "basis": "根据国务院办公厅关于政府网站与政务新媒体检查的有关要求",
    "held_to_account": "",
    "requirements": "请各有关单位对照本通报列出的问题，认真组织整改，举一反三开展自查。",
    "report_back": "",
    "office": "",
    "date": "",
}
"""Fields that people fill in, and what stands there until they do; a file of `--typed` may have more."""

_NAMED: Final = 10  # assets in a sentence; all of them are in the annex


def context(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that a template can name."""
    groups = {row["group"]: {"change": None, **row} for row in figures["totals"]}  # without a last period there is none
    typed = {name: value for name, value in figures["typed"].items() if value is not None}
    issued = {name: figures[name] for name in ("number", "date") if name in figures}
    return {
        "last_period": None,
        **figures,
        "typed": {**TYPED, **typed, **issued},
        "websites": groups["websites"],
        "accounts": groups["accounts"],
        "groups": groups,
        "kinds": _kinds(figures),
    }


def _kinds(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The problems by check, each with the assets that a sentence names."""
    names: dict[str, dict[str, None]] = {}
    for row in figures["lists"]["problems"]:
        names.setdefault(row["check"], {})[f"“{row['name']}”"] = None
    kinds = []
    for row in figures["problems"]:
        some = list(names.get(row["check"], ()))
        kinds.append({**row, "named": "、".join(some[:_NAMED]) + ("等" if len(some) > _NAMED else "")})
    return kinds


def chinese_day(text: object) -> str:
    """2023-02-11, or a moment of that day, as 2023年2月11日; raises Failure for anything else."""
    try:
        day = date.fromisoformat(str(text)[:10])
    except ValueError:
        msg = f"日期形如 2023-02-11 · a day such as 2023-02-11, not {str(text)!r}"
        raise Failure(msg) from None
    return written_day(day)


def risen_or_fallen(text: str) -> str:
    """+8.34 as 提高8.34个百分点."""
    amount = text.removeprefix("+").removeprefix("-")
    if not amount.strip("0."):
        return "持平"
    return f"{'下降' if text.startswith('-') else '提高'}{amount}个百分点"
