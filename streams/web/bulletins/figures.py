"""A bulletin's figures as a page shows them: each number leads to exactly its rows (W-20, S-12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from notifiers.text import clean
from streams.presentation.bulletins.words import ASSET_FIGURES, MESSAGE_FIGURES, MESSAGE_KINDS, RATES, SLIP_FIGURES
from streams.rules.scoring.behind import TIMES
from streams.web.supervision.numbers import Number

_WORDS: Final[Mapping[str, str]] = {**ASSET_FIGURES, **RATES, "mean": "平均分", "change": "合格率比上期"}
GROUP_COLUMNS: Final[Mapping[str, str]] = {
    name: _WORDS[name] for name in ("running", "checked", "ratio", "problem", "unqualified", "rate", "mean", "change")
}
_PRINTED: Final = frozenset({"ratio", "rate", "mean", "change"})
_BY: Final = (("region", "地区"), ("level", "层级"), ("platform", "平台"), ("unit", "单位"))
_LISTS: Final = (
    ("unqualified", "不合格名单"), ("problems", "问题明细"), ("not_answered", "未答复的留言"),
    ("last_period_open", "上期不合格、仍未改好的"),
)  # fmt: skip
MOST: Final = 500  # rows of a table of units


class FigureLine(NamedTuple):
    """A row of a table: what it is about, and its cells, numbers or texts as they are printed."""

    label: str
    cells: Sequence[Number | str]


class FigureTable(NamedTuple):
    """A table."""

    title: str
    heads: Sequence[str]
    lines: Sequence[FigureLine]
    left_out: int = 0


class ShownFigures(NamedTuple):
    """All of a document."""

    totals: FigureTable
    still: Sequence[Number]  # websites and accounts that are unqualified as of the moment
    slips: Sequence[Number]
    messages: FigureTable
    problems: FigureTable
    by: Sequence[FigureTable]
    lists: Sequence[tuple[str, str, str]]  # name, label, how many rows
    definitions: Sequence[str]


def shown_figures(document: Mapping[str, Any], address: str) -> ShownFigures:
    """`address`: the query that asks for the period."""

    def link(of: str, label: str, count: int, **row: str) -> Number:
        return Number(label, f"bulletins/rows?{address}&{urlencode({'of': of, **row})}", count, is_exact=True)

    return ShownFigures(
        _totals(document, link),
        [
            link(
                f"{kind}.still_unqualified", ASSET_FIGURES["still_unqualified"], document["after"][kind]["unqualified"]
            )
            for kind in ("websites", "accounts")
        ],
        [link(f"tickets.{name}", label, document["tickets"][name]) for name, label in SLIP_FIGURES.items()],
        _messages(document, link),
        _problems(document, link),
        [table for name, title in _BY if (table := _by(document, name, title, link)).lines],
        [(name, label, _length(document["lists"][name])) for name, label in _LISTS],
        [clean(text) for text in document["definitions"].values()],
    )


def is_times(number: Number) -> bool:
    """Whether it counts times, and not rows."""
    return any(number.path.endswith(f"of=tickets.{name}") for name in TIMES)


def _totals(document: Mapping[str, Any], link: Callable[..., Number]) -> FigureTable:
    lines = [FigureLine(clean(row["label"]), _cells(row, link)) for row in document["totals"]]
    return FigureTable("总体情况", ["类型", *GROUP_COLUMNS.values()], lines)


def _by(document: Mapping[str, Any], name: str, title: str, link: Callable[..., Number]) -> FigureTable:
    rows = document["by"].get(name, [])
    if isinstance(rows, Mapping):  # it stands in a file of its own
        return FigureTable(title, (), (), rows["rows"])
    labels = {row["group"]: row["label"] for row in document["totals"]}
    some = rows if any(row["key"] for row in rows) else []
    lines = [
        FigureLine(clean(f"{row['label']} · {labels[row['group']]}"), _cells(row, link, by=name, key=row["key"]))
        for row in some[:MOST]
    ]
    return FigureTable(f"分{title}", [title, *GROUP_COLUMNS.values()], lines, max(len(some) - MOST, 0))


def _cells(row: Mapping[str, Any], link: Callable[..., Number], **of_row: str) -> list[Number | str]:
    told = {
        **{name: row[name] for name in ("ratio", "rate")},
        "mean": row["points"]["mean"],
        "change": (row.get("change") or {}).get("rate_points"),
    }
    return [
        told[name] or "—" if name in _PRINTED else link(f"{row['group']}.{name}", label, row[name], **of_row)
        for name, label in GROUP_COLUMNS.items()
    ]


def _messages(document: Mapping[str, Any], link: Callable[..., Number]) -> FigureTable:
    rates = [RATES[name] for name in ("on_time_rate", "answer_rate")]
    heads = ["留言", *MESSAGE_FIGURES.values(), *rates, "平均办理时间"]
    lines = []
    for kind, label in MESSAGE_KINDS.items():
        row = document["messages"][kind]
        if not row["received"]:
            continue
        unit = "个工作日" if row["average_unit"] == "working_day" else "天"
        average = f"{row['average']}{unit}" if row["average"] is not None else "—"
        numbers = [link(f"messages.{kind}.{name}", said, row[name]) for name, said in MESSAGE_FIGURES.items()]
        cells = [*numbers, row["on_time_rate"] or "—", row["answer_rate"] or "—", average]
        lines.append(FigureLine(label, cells))
    return FigureTable("留言办理", heads, lines)


def _problems(document: Mapping[str, Any], link: Callable[..., Number]) -> FigureTable:
    lines = [
        FigureLine(
            clean(row["label"]),
            [
                str(row["assets"]),
                link(f"problems.{row['check']}", "问题", row["problems"]),
                str(row["places"]),
            ],
        )
        for row in document["problems"]
    ]
    return FigureTable("问题分类", ["检查项", "涉及网站和账号", "问题", "处"], lines)


def _length(rows: Sequence[Any] | Mapping[str, Any]) -> str:
    return str(rows["rows"] if isinstance(rows, Mapping) else len(rows))
