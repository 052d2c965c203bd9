"""What is wrong with a calendar file, in the words of whoever hands it in. Pure."""

from __future__ import annotations

import re
from typing import Final

_REASONS: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"a calendar is a \.json", "请选择 .json、.yaml 或 .ics 文件"),
        (r"is not text in UTF-8", "不是 UTF-8 文字"),
        (r"not (JSON|YAML)", r"不是完好的 \1"),
        (
            r"has (\d+) days off; an arrangement has (\d+) to (\d+)",
            r"全年放假 \1 天，不像完整的安排（\2 至 \3 天）",
        ),
        (r"(\d{4}) has no day off in the file|(\d{4}) is not in the file", r"文件中没有 \1\2 年的安排"),
        (r"say which (?:one|year)", "文件含多个年份，请填写年份"),
        (r"the file holds (\d+), not (\d+)", r"文件是 \1 年的，不是 \2 年"),
        (r"both as a day off and as a working day", "同一天既放假又上班"),
        (r"neither in \d+ nor in the December before", "有不属于这一年的日期"),
        (r"is expected", "不是放假安排：应有年份和每天是否放假"),
    )
)


def calendar_fault(reason: str) -> str:
    """The reason; one that says it in Chinese itself is cut to that."""
    for pattern, words in _REASONS:
        found = pattern.search(reason)
        if found is not None:
            return found.expand(words)
    return reason.partition(" · ")[0]
