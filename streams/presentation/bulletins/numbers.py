"""Numbers as a bulletin prints them: rounded half up from exact fractions (rule S-7)."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

_HALF: Final = Fraction(1, 2)
WHOLE: Final = "100%"


def half_up(value: Fraction, decimals: int) -> str:
    """四舍五入: 15.625 with two decimals is `15.63`; of what is below zero the amount is rounded."""
    scale = 10**decimals
    units = int(abs(value) * scale + _HALF)  # both are positive: int() is the floor
    sign = "-" if value < 0 and units else ""
    text = f"{units:0{decimals + 1}d}"
    return f"{sign}{text[:-decimals]}.{text[-decimals:]}" if decimals else f"{sign}{text}"


def percent(part: int, whole: int, decimals: int) -> str | None:
    """A share: `100%` without decimals, and never 100 while one is missing; None of nothing."""
    if not whole:
        return None
    if part == whole:
        return WHOLE
    text = half_up(Fraction(part * 100, whole), decimals)
    if part < whole and Fraction(text) >= 100:  # noqa: PLR2004
        text = half_up(100 - Fraction(1, 10**decimals), decimals)
    return f"{text}%"


def number(value: float) -> int | float:
    """A float that is whole as a whole number."""
    return int(value) if value == int(value) else value


def points_between(now: str | None, before: str | None) -> str | None:
    """The difference of two printed shares in percentage points 个百分点, with its sign; None where one is missing."""
    if now is None or before is None:
        return None
    one, other = now.removesuffix("%"), before.removesuffix("%")
    decimals = max((len(text.partition(".")[2]) for text in (one, other)), default=0)
    difference = Fraction(one) - Fraction(other)
    text = half_up(difference, decimals)
    return f"+{text}" if difference > 0 else text


def dense_ranks(values: list[Fraction]) -> list[int]:
    """1, 2, 3, 3, 4: the highest first, and nobody is passed over behind equals."""
    places = {value: place for place, value in enumerate(sorted(set(values), reverse=True), 1)}
    return [places[value] for value in values]
