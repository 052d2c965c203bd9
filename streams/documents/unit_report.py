"""整改报告 of a unit as a Word document: what the program knows is written, for the rest there is room."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from notifiers.text import harmless
from streams.documents.context import chinese_day
from streams.documents.paper import Paper
from streams.documents.still import still
from streams.presentation.unit_report import NONE_OPEN, ReportOfAsset, UnitReport

_BY_HAND: Final = (
    ("四、举一反三自查情况", "（请填写：对照问题开展自查的范围、发现的同类问题和处理情况。）"),
    ("五、长效机制", "（请填写：为防止再次发生建立的制度和分工。）"),
)
_WHY: Final = "原因和计划：（请填写）"


def report_document(report: UnitReport) -> bytes:
    """The .docx; the same bytes each time."""
    paper = Paper()
    paper.title(harmless(report.title))
    paper.line()
    paper.head("一、总体情况")
    paper.body(harmless(report.summary))
    paper.head("二、整改完成情况")
    _assets(paper, report.done, "本期间没有完成的整改。")
    paper.head("三、未完成的整改")
    _assets(paper, report.still_open, NONE_OPEN, _WHY)
    for head, text in _BY_HAND:
        paper.head(head)
        paper.body(text)
    paper.line(kept=True)
    paper.signed(harmless(report.unit), kept=True)
    paper.signed(chinese_day(report.day))
    made = io.BytesIO()
    paper.document.save(made)
    return still(made.getvalue())


def _assets(paper: Paper, assets: Sequence[ReportOfAsset], nothing: str, *more: str) -> None:
    if not assets:
        paper.body(nothing)
    for number, one in enumerate(assets, 1):
        paper.subhead(f"（{_chinese(number)}）{harmless(one.asset)}")
        for place, entry in enumerate(one.entries, 1):
            paper.body(f"{place}. {harmless(entry.head)}", kept=True)
            for line in (*entry.lines, *more):
                paper.body(harmless(line))


def _chinese(number: int) -> str:
    """一, 十二, 三十; beyond 99 in digits."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    if number > 99:  # noqa: PLR2004
        return str(number)
    head = "" if not tens else "十" if tens == 1 else f"{digits[tens]}十"
    return f"{head}{digits[ones] if ones or not tens else ''}"
