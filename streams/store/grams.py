"""Texts as they are searched: folded to one spelling, and cut into pieces that an index can hold.

Chinese is written without spaces, and its words mostly have two characters: an index of three-character pieces, as
databases offer it, answers none of those, without an error. So every two neighbouring characters are a piece (a
bigram), and within ASCII, whose pairs are in every address, every three as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final
from unicodedata import normalize

from notifiers.text import clean

SHORTEST: Final = 2  # characters of a word that can be searched
_ASKED: Final = 12  # pieces of a word that are asked of the index: its end says most, and the text itself is compared
_ASCII: Final = re.compile(r"[!-~]{3,}")
_BITS, _ASCII_BITS = 21, 7  # of a character
_THREE: Final = 1 << 2 * _BITS  # tells pieces of three from those of two


def folded(text: str) -> str:
    """In one spelling: full-width and half-width, upper and lower case are the same."""
    return clean(normalize("NFKC", text).casefold())


def folded_lines(texts: Iterable[str]) -> str:
    """Several texts, each once; a word that is searched for never goes from one into the next."""
    return "\n".join(dict.fromkeys(filter(None, map(folded, texts))))


def grams_of(text: str) -> list[int]:
    """All pieces of a folded text, each once, in the order of their numbers."""
    found = {_two(one, other) for one, other in pairwise(text) if not (one.isspace() or other.isspace())}
    for run in _ASCII.finditer(text):
        found.update(_threes(run[0]))
    return sorted(found)


def grams_wanted(word: str) -> list[int]:
    """Pieces that every text has in which this folded word stands; the text may have them and not the word.

    Of a long word only some. A word of one piece stands wherever the piece does (`is_one`).
    """
    found: dict[int, None] = {}
    covered: set[int] = set()
    for run in _ASCII.finditer(word):
        covered.update(range(run.start(), run.end() - 1))
        found.update(dict.fromkeys(_threes(run[0])))
    found.update((_two(*word[at : at + 2]), None) for at in range(len(word) - 1) if at not in covered)
    return list(found)[-_ASKED:]


def is_one(word: str) -> bool:
    """Whether a folded word is a piece itself."""
    return len(word) == SHORTEST or (len(word) == SHORTEST + 1 and _ASCII.fullmatch(word) is not None)


def _two(one: str, other: str) -> int:
    return ord(one) << _BITS | ord(other)


def _threes(run: str) -> Iterator[int]:
    codes = run.encode("ascii")
    for one, other, third in zip(codes, codes[1:], codes[2:], strict=False):
        yield _THREE | one << 2 * _ASCII_BITS | other << _ASCII_BITS | third
