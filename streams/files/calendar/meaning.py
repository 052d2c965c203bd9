"""What an event of a calendar says about its days: a day off, a working day, or neither.

L-13  Only what says that it is a day off is one, and only what says so is a make-up day: a festival that is only named
      is neither. What says neither is passed over by name; a file without any mark is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import Final


class Meaning(Enum):
    """What an event says about its days."""

    OFF = auto()
    WORK = auto()
    SWAPPED = auto()  # 调休 alone: the day that is worked instead, or the one that is off for it
    BOTH = auto()


APPLE: Final = {
    "WORK-HOLIDAY": Meaning.OFF,
    "ALTERNATE-WORKDAY": Meaning.WORK,
}  # X-APPLE-SPECIAL-DAY; others say neither

_LABEL: Final = 20  # characters; a longer description is a text about the holiday, not a mark
_SIMPLIFIED: Final = str.maketrans("補調節國慶連長眾時", "补调节国庆连长众时")
# 休 and 班 as marks: （休）, 休｜春节, 春节 班, 元旦休; but not 退休, 值班.
_ALONE: Final = r"(?:(?<![一-鿿])|(?<=[节旦夕明午秋庆])){}(?![一-鿿])"
_OFF: Final = re.compile(
    r"放假|(?<![寒暑])假期|长假|休假|休息|公休|补休|补假|连休|法定(?:节)?假日|(?:公众|公共)假日"
    rf"|休[0-9一二三四五六七八九十]+天|{_ALONE.format('[休假]')}"
    r"|\b(?:public|statutory|legal|national) holidays?\b|\bdays? off\b|[(\[]off[)\]]"
)
_HOLIDAY: Final = re.compile(r"\bholidays?\b")  # of a summary; as a category it stands at every festival
_WORK: Final = re.compile(
    rf"上班|补班|调班|工作日|{_ALONE.format('班')}"
    r"|\bwork(?:ing)?[ -]?(?:days?|weekends?|saturdays?|sundays?)\b|\bmake-?up days?\b"
)
_HALF: Final = re.compile(r"半天|半日|\bhalf[ -]?day")
_NOT_WORKED: Final = re.compile(r"(?:不|不用|不必|不需|无需|无须|毋须|非)(?:上班|补班|工作日)|\bnon-?working\b")
_NOT_OFF: Final = re.compile(
    r"(?:不|无|没有)(?:放假|休假|休息|调休|补休|休(?![一-鿿]))|\bnot? (?:an? )?(?:(?:public )?holidays?|days? off)\b"
)
_BRACKETS: Final = re.compile(r"[(\[【〔{][^)\]】〕}]*[)\]】〕}]")
_ON_ANOTHER_DAY: Final = re.compile(r"\d+月\d+日[^,。;]*")  # 春节放假,2月14日上班


def meaning(summary: str, categories: Iterable[str], description: str, apple: str) -> Meaning | None:
    """What an event says; None when it says neither."""
    return (
        APPLE.get(apple.strip().upper())
        or _of_text(summary, is_summary=True)
        or next(filter(None, map(_of_text, categories)), None)
        or _of_text(_label(description))
    )


def _label(description: str) -> str:
    first = next(iter(description.strip().splitlines()), "")
    return first if len(first) <= _LABEL else ""


def _of_text(text: str, *, is_summary: bool = False) -> Meaning | None:
    plain = unicodedata.normalize("NFKC", text).translate(_SIMPLIFIED).lower()
    if _HALF.search(plain):
        return None
    plain = _NOT_OFF.sub(" ", _NOT_WORKED.sub(" 放假 ", plain))
    said = [_said(part, is_summary=is_summary) for part in _parts(plain)]
    return next((one for one in said if one not in {None, Meaning.SWAPPED}), next(filter(None, said), None))


def _parts(plain: str) -> Iterator[str]:
    """From what the event is called to what is said about it: 上班(补元旦假期) is worked."""
    outside = _BRACKETS.sub(" ", plain)
    yield _ON_ANOTHER_DAY.sub(" ", outside)
    yield outside
    yield plain


def _said(part: str, *, is_summary: bool) -> Meaning | None:
    worked = _WORK.search(part)
    off = _OFF.search(part) or (is_summary and _HOLIDAY.search(part))
    if worked and off:
        return Meaning.BOTH
    if worked or off:
        return Meaning.WORK if worked else Meaning.OFF
    return Meaning.SWAPPED if "调休" in part else None
