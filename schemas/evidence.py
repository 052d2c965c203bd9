"""What evidence says, in whatever spelling its producer has: numbers and yes or no (rule D-15).

D-15  A number is one number in any spelling: 503, 503.0, "503", " 503 ", "5.03e2", "503 Service Unavailable",
      "HTTP/1.1 503", "１２处", "1,024". What may be several numbers, or a part of a word, is none. Yes and no are also
      read from "true", "yes", "1", "是" and "false", "no", "0", "否".
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Final
from unicodedata import normalize

_LONGEST: Final = 256  # characters of a text that is looked at
_BIGGEST: Final = 1 << 63
_NUMBER: Final = re.compile(
    r"\s*(?:HTTP(?:/\d(?:\.\d)?)?\s*:?\s*)?"
    r"(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:e[+-]?\d{1,3})?)"
    r"(?![\w.%/+-])(?!:\d)(?!\s*[,;/~、–—-]\s*\d)(?P<rest>.*)",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_WORDS: Final = {
    **dict.fromkeys(("true", "yes", "y", "1", "是", "有"), True),
    **dict.fromkeys(("false", "no", "n", "0", "否", "无"), False),
}


def number(value: object) -> int | float | None:
    """The number that a value of the evidence is, or begins with (503 `Service Unavailable`); None when it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        match = _NUMBER.fullmatch(normalize("NFKC", value[:_LONGEST]))
        value = float(match["number"].replace(",", "")) if match is not None else None
    if isinstance(value, float):
        if not isfinite(value):
            return None
        value = int(value) if value.is_integer() else value
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _BIGGEST):
        return value
    return None


def whole(value: object) -> int | None:
    """The whole number that a value of the evidence is; None when it is none."""
    found = number(value)
    return found if isinstance(found, int) else None


def truth(value: object) -> bool | None:
    """Yes or no, as a value of the evidence says it; None when it says neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return {0.0: False, 1.0: True}.get(value)
    return _WORDS.get(normalize("NFKC", value[:_LONGEST]).strip().casefold()) if isinstance(value, str) else None


def says(value: object, wanted: bool | int | str) -> bool:  # noqa: FBT001 - a value of the pack
    """Whether a value of the evidence is the wanted one of the pack."""
    if isinstance(wanted, bool):
        return truth(value) is wanted
    return value == wanted if isinstance(wanted, str) else number(value) == wanted
