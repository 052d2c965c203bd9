"""Markdown for robots: text from tickets can neither mark up, nor link, nor call somebody. Pure (rule N-47).

The platforms know no common way to escape, so what they would take for markup becomes its full-width twin.
"""

from typing import Final

from notifiers.text import clean

_TWINS: Final = str.maketrans({char: chr(ord(char) + 0xFEE0) for char in "<>[]()*_`~#@!|\\&"})
_MORE: Final = "……"


def plain(text: str) -> str:
    """One line that a robot shows as it is."""
    return clean(text).translate(_TWINS)


def markdown(title: str, lines: tuple[str, ...], limit: int) -> str:
    """A bold title and a paragraph a line, at most `limit` bytes of UTF-8: whole lines are left out."""
    text = f"**{plain(title)}**"
    for line in lines:
        longer = f"{text}\n\n{plain(line)}"
        if len(longer.encode()) + len(_MORE.encode()) + 2 > limit:
            return f"{text}\n\n{_MORE}"
        text = longer
    return text
