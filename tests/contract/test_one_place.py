"""A word for people stands in one place: no second table for the same codes, no second way to write a weekday."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_CHINESE = re.compile("[\u4e00-\u9fff]")
# Sentences of events are published as they are; what is read from files has more words than what is shown.
_FIXED = ("streams/rules/", "streams/files/registry/columns.py", "notifiers/sms/templates.py")
ONCE = {
    "一二三四五六日": "streams/presentation/dates.py",
    "剩余": "streams/presentation/dates.py",
    "今日到期": "streams/presentation/dates.py",
    "未署名": "streams/presentation/labels.py",
    "（暂定）": "streams/presentation/labels.py",
    "无主（资产未登记）": "streams/presentation/labels.py",
    "全站": "streams/presentation/labels.py",
    "本系统累计": "streams/presentation/labels.py",
}


@cache
def modules() -> Mapping[str, ast.Module]:
    """What the program is made of; read once, and only by the process that looks."""
    return dict(_modules())


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for package in ("streams", "notifiers", "schemas"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(_FIXED):
                yield name, ast.parse(path.read_text(encoding="utf-8"))


def _tables(tree: ast.Module) -> Iterator[Mapping[str, str]]:
    """Literal tables from a code to a Chinese word."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            words = {
                key.value: value.value
                for key, value in pairs
                if isinstance(key, ast.Constant) and isinstance(value, ast.Constant) and isinstance(key.value, str)
                if isinstance(value.value, str) and _CHINESE.search(value.value)
            }
            if words:
                yield words


@pytest.mark.parametrize(("word", "place"), ONCE.items())
def test_a_word_is_written_in_one_module(word: str, place: str) -> None:
    """Weekdays, time left, who is not known, what is provisional: others ask for the word."""
    found = {
        name
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value == word
    }
    assert found == {place}


def test_no_two_tables_give_one_word_for_the_same_codes() -> None:
    """Two tables with two pairs of code and word in common are copies, and will contradict each other."""
    tables = [(name, table) for name, tree in modules().items() for table in _tables(tree)]
    copies = [
        (one, other, sorted(same))
        for (one, first), (other, second) in combinations(tables, 2)
        if one != other and len(same := {code for code, word in first.items() if second.get(code) == word}) > 1
    ]
    assert copies == []
