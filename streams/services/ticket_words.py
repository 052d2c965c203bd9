"""What somebody looks for in the list, word by word: numbers, 网站标识码, names, addresses, and texts of the problems.

W-47  Every word of `q` must be found: in the ticket's number, in its asset's id, code, name or address, in the name of
      its unit or of its check, or in the text of its problems, wherever it stands. Numbers and names are those of the
      ledger now; texts follow it by the index (W-46), and where that is behind, the list says since when.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from streams.ledger import Ledger, TooSlow
from streams.ledger.reading.listing.filter import SoughtWord
from streams.ledger.reading.listing.listing import WITHIN
from streams.ledger.reading.listing.names import MOST, TooMany, assets_called, tickets_numbered
from streams.presentation.dates import local
from streams.presentation.letters.numbers import beginning
from streams.presentation.ticket_list.row import Around
from streams.services.ticket_query import TOO_WIDE, BadQuery
from streams.store.grams import SHORTEST, folded
from streams.store.search import Search

WORDS: Final = 6
BEHIND: Final = timedelta(seconds=20)
_MANY: Final = "符合的太多，请再写具体一点"
_TOO_MANY_WORDS: Final = f"最多写 {WORDS} 个词，用空格隔开"
_NUMBER: Final = re.compile(r"[A-Z]{2}\d[0-9A-F-]*")
_NOT_YET: Final = "问题内容的搜索还在建立，目前只能保证按编号、网站标识码和名称查全。"
_SHORT: Final = "单个字只在名称中查找，查问题内容请至少写两个字。"


class TextIndex(NamedTuple):
    """The pages' index of texts, at a moment of real time."""

    search: Search
    now: datetime


class SoughtWords(NamedTuple):
    """What the words may mean, and what whoever reads the list has to know of it (empty: nothing)."""

    words: tuple[SoughtWord, ...]
    said: str = ""


class WordSearch:
    """Looks up what is meant."""

    def __init__(self, ledger: Ledger, texts: TextIndex | None, around: Around, units: Mapping[str, str]) -> None:
        """`texts`: None where there is no index; `units`: the names of those that one sees, by id."""
        self._ledger, self._texts, self._around, self._units = ledger, texts, around, units

    async def __call__(self, text: str, sees: frozenset[str] | None) -> SoughtWords:
        """A number, or the beginning of one, alone; otherwise each word. `sees`: None: all units. Raises BadQuery."""
        try:
            number = beginning(text)
            if _NUMBER.fullmatch(number) and (pks := await tickets_numbered(self._ledger, number)):
                return SoughtWords((SoughtWord(pks),))
            words = list(dict.fromkeys(text.split()))
            if len(words) > WORDS:
                raise BadQuery({"q": _TOO_MANY_WORDS})
            found = tuple([await self._word(word, sees) for word in words])
        except TooMany as error:
            raise BadQuery({"q": f"“{text}”：{_MANY}"}) from error
        except TooSlow as error:
            raise BadQuery({"q": TOO_WIDE}) from error
        return SoughtWords(found, await self._said(words))

    async def _word(self, word: str, sees: frozenset[str] | None) -> SoughtWord:
        return SoughtWord(
            await self._in_texts(folded(word)),
            await assets_called(self._ledger, word, sees),
            tuple(unit_id for unit_id, name in self._units.items() if word in name),
            tuple(code for code, rule in self._around.policy.checks.items() if word in rule.name),
        )

    async def _in_texts(self, word: str) -> tuple[int, ...]:
        if self._texts is None or len(word) < SHORTEST:
            return ()
        found = await self._texts.search.find(word, MOST + 1, WITHIN)
        if len(found) > MOST:
            raise TooMany
        return tuple(found)

    async def _said(self, words: list[str]) -> str:
        if any(len(word) < SHORTEST for word in words):
            return _SHORT
        caught_up = await self._texts.search.caught_up_at() if self._texts is not None else None
        if caught_up is None or self._texts is None:
            return _NOT_YET
        if self._texts.now - caught_up > BEHIND:
            until = local(caught_up, self._around.registry.zone)
            return f"问题内容查到 {until} 为止，之后的变化稍后才能查到；编号和名称不受影响。"
        return ""
