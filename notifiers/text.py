"""Text from strangers made harmless, names made short. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

ELLIPSIS = "…"
_SPACES = re.compile(r"\s+")
# Bidirectional overrides can make a line read as something else than it says.
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # by a terminal; what they began with stays as plain characters
_NO_CHARACTERS = {0xFFFE: None, 0xFFFF: None}
_MARK, _INSIDE = 0b1100_0000, 0b1000_0000  # of an octet that goes on with a character of UTF-8


def clean(value: object) -> str:
    """One line without control characters, lone surrogates or bidirectional overrides; None is empty."""
    text = "" if value is None else str(value)
    if text.isprintable() and "  " not in text:
        return text.strip()
    text = _BIDI.sub("", text)
    text = "".join(" " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} else char for char in text)
    return _SPACES.sub(" ", text).strip()


def harmless(text: str) -> str:
    """The text without what a terminal would obey: escape sequences, controls, and marks that turn its order round.

    New lines and tabs stay; what is printable stays as it is. Two characters that no XML can hold, and with it no
    document of an office, go, too.
    """
    if text.isprintable():
        return text
    fit = text.translate(_NO_CHARACTERS)
    return "".join(char for char in fit if char in "\n\t" or unicodedata.category(char) not in _OBEYED)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last an ellipsis where something was left out."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + ELLIPSIS


def shorten_middle(text: str, limit: int) -> str:
    """As `shorten`, but keeps both ends: of an address the end says most."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 2
    return text[: limit - 1 - tail] + ELLIPSIS + text[len(text) - tail :]


def pieces(text: str, first: int, others: int) -> Iterator[bytes]:
    """The text's UTF-8 in pieces of so many octets at most, none of them ending inside a character."""
    rest, most = text.encode("utf-8", "replace"), first
    while len(rest) > most:
        end = most
        while rest[end] & _MARK == _INSIDE:
            end -= 1
        yield rest[:end]
        rest, most = rest[end:], others
    yield rest
