"""The sheet that goes with a letter: every place of the tickets for whose places the letter has no room. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from streams.presentation.letters.digest import digest
from streams.presentation.letters.letter import Letter, LetterItem, SheetRow
from streams.presentation.letters.places import place_of, whole_of
from streams.presentation.letters.view import places_of, view

HEADERS: Final = ("序号", "整改单", "网站或账号", "问题", "问题位置", "具体情况", "状态")
LONGEST: Final = 5_000  # rows; whoever has more places has another trouble, and the page


def needing(letter: Letter) -> list[LetterItem]:
    """The tickets whose places do not all stand in the letter."""
    views = [view(item, letter.at, letter.zone) for item in letter.items]
    rows = digest(views).rows if len(views) > 1 else views
    whole = {row.ticket_id for row in rows if not row.places_left_out or row.kind == "closed"}
    return [item for item in letter.items if str(item.ticket["ticket_id"]) not in whole]


def sheet_rows(letter: Letter) -> Iterator[SheetRow]:
    """Every place that the tickets' documents name."""
    for item in needing(letter):
        yield from rows_of(item, letter)


def rows_of(
    item: LetterItem, letter: Letter, problems: Iterable[Mapping[str, Any]] | None = None
) -> Iterator[SheetRow]:
    """Every place of a ticket: of these published problems, otherwise of those that its document names."""
    it = view(item, letter.at, letter.zone)
    whole = whole_of(item.asset or {})
    places = places_of(item) if problems is None else (place_of(one, whole, item.check_names) for one in problems)
    for place in places:
        yield SheetRow(it.ticket_id, it.asset, it.problem, place)


def cells(rows: Iterable[SheetRow]) -> Iterator[tuple[str, ...]]:
    """The rows as texts, under `HEADERS`."""
    for number, row in enumerate(rows, 1):
        place = row.place
        state = "已消除" if place.gone else "待整改"
        yield str(number), row.ticket_id, row.asset, row.problem, place.where, place.wrong, state
