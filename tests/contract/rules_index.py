"""The index of the rules in docs/rules.md: each with its number and its first sentence, from the pages in docs/rules.

Written by `python -m tests.contract.reference` (make docs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
INDEX: Final = ROOT / "docs" / "rules.md"
BEGIN: Final = "<!-- From here on written by `make docs`, from the pages in docs/rules. -->"
_NAV: Final = re.compile(r"^ +- (rules/[\w-]+\.md)$", re.MULTILINE)
_RULE: Final = re.compile(r"^## ([A-Z]-\d+)$", re.MULTILINE)
_LINK: Final = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\([^)\s]+\)")
_SENTENCE: Final = re.compile(r"(.{20,}?[.。])(?:\s|$)")


class RuleText(NamedTuple):
    """A rule as its page has it: source, code and proof are in the text."""

    number: str
    text: str


def rule_pages() -> list[Path]:
    """The pages of the rules, in the order of the site."""
    return [ROOT / "docs" / name for name in _NAV.findall((ROOT / "mkdocs.yml").read_text("utf-8"))]


def rules_of(path: Path) -> list[RuleText]:
    """The rules of a page, in its order."""
    _, *found = _RULE.split(path.read_text("utf-8"))
    return [RuleText(number, text.strip()) for number, text in zip(found[::2], found[1::2], strict=True)]


def index() -> str:
    """The page: what stands before the mark, and every rule behind it."""
    return INDEX.read_text("utf-8").partition(BEGIN)[0] + BEGIN + "\n" + "\n".join(_rules()) + "\n"


def _rules() -> Iterator[str]:
    for path in rule_pages():
        place = f"rules/{path.name}"
        yield from ("", f"## [{path.read_text('utf-8').splitlines()[0][2:]}]({place})", "")
        for number, text in rules_of(path):
            yield f"- [{number}]({place}#{number.lower()}) {_first_sentence(text)}"


def _first_sentence(text: str) -> str:
    """On one line, without links."""
    line = _LINK.sub(lambda found: found[1], " ".join(text.split("\n\n", maxsplit=1)[0].split()))
    found = _SENTENCE.match(line.partition("*Source:*")[0])
    return found[1] if found else line.partition("*Source:*")[0].strip()
