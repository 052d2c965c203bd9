"""The rows behind a number of a bulletin, a page of them: read as its figures are, asset by asset (rule S-12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.policy import Policy
from streams.ledger import Ledger
from streams.ledger.reading.standings import standings
from streams.presentation.bulletins.behind import RowLine, columns, number_called, row_line
from streams.presentation.bulletins.document import group_labels, label
from streams.rules.scoring.behind import ASSETS, MESSAGES, SLIPS, TIMES, WhichNumber, rows_behind
from streams.rules.scoring.grouping import DIMENSIONS
from streams.rules.scoring.messages import KINDS
from streams.services.bulletins.figures import WantedFigures, counting_of


class RowsPage(NamedTuple):
    """Some of the rows, and how many there are."""

    called: str
    columns: Sequence[str]
    rows: Sequence[RowLine]
    total: int


def which_number(text: str, dimension: str = "", key: str = "") -> WhichNumber | None:
    """The number that an address means: `websites.checked`, and a row of `by`; None: there is none such."""
    section, _, figure = text.partition(".")
    match section:
        case "tickets":
            known = figure in SLIPS
        case "messages":
            kind, _, name = figure.partition(".")
            known = kind in KINDS and name in MESSAGES
        case "problems":
            known = bool(figure)
        case _:
            section, _, figure = text.rpartition(".")
            known = figure in ASSETS and (not dimension or dimension in DIMENSIONS)
            return WhichNumber(section, figure, dimension, key) if known else None
    return WhichNumber(section, figure) if known and not dimension else None


def is_rows(which: WhichNumber) -> bool:
    """Whether the number counts rows, and not times."""
    return not (which.section == "tickets" and which.figure in TIMES)


async def rows_of(
    ledger: Ledger, wanted: WantedFigures, which: WhichNumber, places: range, configured: Policy, zone: ZoneInfo
) -> RowsPage | None:
    """The rows at these places; None: the pack has no such group. No more than a page is held."""
    tally, names, _ = await counting_of(ledger, wanted, configured, zone)
    labels = group_labels(tally.policy)
    group = labels.get(which.section, "")
    if not group and which.section not in ("tickets", "messages", "problems"):
        return None
    found: list[RowLine] = []
    total = 0
    async for stood in standings(ledger, tally.period, zone):
        for row in rows_behind(tally, stood, which):
            if total in places:
                found.append(row_line(row, names, tally.policy, zone))
            total += 1
    of_row = label(which.dimension, which.key, tally.policy, names) if which.dimension else ""
    return RowsPage(number_called(which, group, of_row, tally.policy), columns(which), found, total)
