"""What contradicts in a bulletin's figures: sums, printed shares, named lists, days (rule S-10).

S-10 Parts add up to their total; a printed share is what its numbers give, rounded half up at its own decimals; nothing
     is 100 % while one is unqualified; whoever is counted as unqualified is named, once; the moment of counting is not
     after the bulletin's date; a change is the difference of what is printed. What does not hold is said, also of
     fields by hand (`typed.shares`, `typed.sums`), and such a bulletin is not issued.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from streams.presentation.bulletins.numbers import percent, points_between
from streams.presentation.bulletins.words import RATES

Row = Mapping[str, Any]
_SLIPS: Final = (("done_rate", "done", "issued"),)
_MESSAGES: Final = (("on_time_rate", "on_time", "valid"), ("answer_rate", "done", "valid"))


def contradictions(document: Row) -> list[str]:
    """One sentence for each thing that does not hold; empty when all of it does."""
    typed = document.get("typed") or {}
    found = [
        *(said for row in document.get("totals", ()) for said in _row(row, str(row.get("label") or row.get("group")))),
        *(said for name, row in _by(document) for said in _row(row, name)),
        *(said for one in document.get("sums", ()) for said in _sum(one)),
        *(said for one in typed.get("sums", ()) for said in _sum(one)),
        *(said for one in typed.get("shares", ()) for said in _share(one, one["name"], "printed", "part", "whole")),
        *_rates(document.get("tickets") or {}, "整改单", _SLIPS),
        *(said for kind, row in (document.get("messages") or {}).items() for said in _rates(row, kind, _MESSAGES)),
        *_named(document),
        *_days(document),
        *_changes(document),
    ]
    return list(dict.fromkeys(found))


def _by(document: Row) -> Iterator[tuple[str, Row]]:
    for dimension, rows in (document.get("by") or {}).items():
        if dimension != "check" and isinstance(rows, list | tuple):  # a long list stands in a file of its own
            yield from ((f"{row.get('label') or row.get('key')}（{row.get('group')}）", row) for row in rows)


def _row(row: Row, name: str) -> Iterator[str]:
    checked, unqualified = row.get("checked"), row.get("unqualified")
    yield from _share({"checked_running": checked, **row}, name, "ratio", "checked_running", "running")
    if checked is None or unqualified is None:
        return
    if unqualified > checked:
        yield f"{name}：不合格 {unqualified} 多于检查数 {checked}"
        return
    yield from _share({**row, "good": checked - unqualified}, name, "rate", "good", "checked")
    in_bands = sum(band["number"] for band in (row.get("points") or {}).get("bands", ()))
    if in_bands > checked:
        yield f"{name}：各分数段合计 {in_bands} 多于检查数 {checked}"


def _rates(row: Row, name: str, rates: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    for figure, part, whole in rates:
        yield from _share(row, name, figure, part, whole)


def _share(row: Row, name: str, figure: str, part: str, whole: str) -> Iterator[str]:
    printed, some, all_ = row.get(figure), row.get(part), row.get(whole)
    if printed is None or some is None or not all_:
        return
    decimals = len(str(printed).removesuffix("%").partition(".")[2])
    right = percent(some, all_, decimals)
    if right != printed:
        called = RATES.get(figure, "")
        yield f"{name}：{called}印作 {printed}，{all_} 中 {some} 应为 {right}"


def _sum(one: Row) -> Iterator[str]:
    parts, total = one.get("parts"), one.get("total")
    if parts is not None and total is not None and sum(parts) != total:
        yield f"{one.get('name')}：分项合计 {sum(parts)}，总数印作 {total}"


def _named(document: Row) -> Iterator[str]:
    listed = (document.get("lists") or {}).get("unqualified")
    if not isinstance(listed, list | tuple):
        return
    for asset_id, times in Counter(row.get("asset_id") for row in listed).items():
        if times > 1:
            yield f"不合格名单：{asset_id} 出现 {times} 次"
    counted = [row for row in document.get("totals", ()) if row.get("group") in ("websites", "accounts")]
    number = sum(row.get("unqualified") or 0 for row in counted)
    if counted and len(listed) != number:
        yield f"不合格名单列出 {len(listed)} 个，不合格数合计 {number} 个"


def _days(document: Row) -> Iterator[str]:
    date, as_of = document.get("date"), document.get("as_of")
    if date and as_of and str(as_of)[:10] > str(date)[:10]:
        yield f"统计时点 {str(as_of)[:10]} 晚于印发日期 {date}"


def _changes(document: Row) -> Iterator[str]:
    before = {row.get("group"): row for row in (document.get("last_period") or {}).get("totals") or ()}
    for row in document.get("totals", ()):
        said = (row.get("change") or {}).get("rate_points")
        last = before.get(row.get("group"))
        if said is not None and last is not None and said != (right := points_between(row["rate"], last.get("rate"))):
            yield f"{row.get('label') or row.get('group')}：合格率变化印作 {said} 个百分点，应为 {right}"
