"""What is wrong with a registry file, in the words of whoever filled it in. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_PLACES: Final = (
    (re.compile(r"sheet (.+), row (\d+)"), r"工作表 \1 第\2行"),
    (re.compile(r"line (\d+)"), r"第\1行"),
    (re.compile(r"workbook"), "文件"),
)
_REASONS: Final[Sequence[tuple[re.Pattern[str], str]]] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"is not an e-mail address", "邮箱格式不正确"),
        (r"is not a mobile number", "手机号码格式不正确"),
        (r"Field required|must not be blank|at least 1 char", "必填，不能为空"),
        (r"at most (\d+) char", r"不超过\1个字"),
        (r"control characters", "不能有换行等控制字符"),
        (r"Input should be 'website' or 'account'", "请填网站或新媒体"),
        (r"Input should be 'duty' or 'head'", "请填值守或负责人"),
        (r"Input should be 'publishing' or 'service'", "请填发布类或服务类"),
        (r"Input should be 'email' or 'sms'", "请填邮件、短信"),
        (r"valid date|RFC 3339|valid datetime", "请填写日期，如 2026-12-31"),
        (r"`from` must not be later", "开始不能晚于结束"),
        (r"expected a list", "应为列表"),
        (r"(.+) stands here for the second time, first at (.+)", r"\1 重复，已见于\2"),
        (r"this column stands here twice", "这一列重复"),
        (r"(\d+) cells, but the header has (\d+) columns", r"有\1格，而表头只有\2列"),
        (r"the unit '(.*)' does not stand in the sheet of units", r"单位 \1 不在单位表中"),
        (r"an id has 1 to", "编号为1至256个字符，不能有控制字符"),
        (r"no unit, asset, guarded period or producer", "文件中没有任何记录"),
        (r"a CSV file holds either", "CSV 文件请选择表里是单位还是资产"),
        (r"expected a \.yaml, \.xlsx or \.csv", "请选择 Excel（.xlsx）、CSV 或 YAML 文件"),
        (
            r"cannot be read as \.xlsx|cannot be read to its end|not an \.xlsx workbook|is no table",
            "不是完好的 Excel 文件，请另存为 .xlsx 后重试",
        ),
        (r"neither UTF-8 nor GB 18030", "不是文字表格，请另存为 CSV UTF-8"),
        (r"expected a sheet 单位.*found (.*)", r"没有单位或资产工作表，只有 \1"),
        (r"more than (\d+) rows", r"超过\1行，请分几个文件"),
        (r"larger than|unpacks to more", "文件过大，请分几个文件"),
    )
)


def place_words(place: int | str) -> str:
    """`工作表 单位 第3行`."""
    text = str(place)
    for pattern, words in _PLACES:
        text = pattern.sub(words, text)
    return text


def reason_words(reason: str) -> str:
    """The reason; one that is rare stays as it is."""
    for pattern, words in _REASONS:
        found = pattern.search(reason)
        if found is not None:
            return place_words(found.expand(words))
    return reason
