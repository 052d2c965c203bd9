"""Takes people out of any text: whom the installation knows by name, and whatever looks like an address of one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from streams.discretion import hide

SOMEBODY: Final = "（人员）"
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+*-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PHONE: Final = re.compile(r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d[\d*]{4}\d{4}(?![\d.])|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)")
_SHORT: Final = 2  # characters: one alone is no name


class Scrubber:
    """Built once from all names, addresses and numbers that are known."""

    def __init__(self, people: Iterable[str]) -> None:
        known = sorted({said.strip() for said in people if len(said.strip()) >= _SHORT}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None
        self._home = str(Path.home())

    def clean(self, text: str) -> str:
        """The text without secrets, people, and the name of somebody's home folder."""
        text = hide(text)
        if self._known is not None:
            text = self._known.sub(SOMEBODY, text)
        text = _PHONE.sub(SOMEBODY, _EMAIL.sub(SOMEBODY, text))
        return text.replace(self._home, "~") if len(self._home) > _SHORT else text
