"""A list of tickets as a workbook: exactly its rows, in its order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO, Final

from streams.files.ticket_workbook import TicketWorkbook
from streams.presentation.dates import local
from streams.presentation.ticket_list.columns import COLUMNS, STANDARD, ListColumn
from streams.presentation.ticket_list.row import TicketRow
from streams.services.failure import Failure
from streams.services.ticket_list import TicketList

TITLE: Final = "整改台账"
_NUMBER: Final = ("序号", 8)


async def write_sheet(
    found: TicketList, file: IO[bytes], now: datetime, columns: Sequence[str] = STANDARD, most: int | None = None
) -> int:
    """Writes all of the list, and how many tickets there are. Raises Failure where there are more than `most`.

    It is read page by page while it is written: the sheet says as of when.
    """
    chosen = [COLUMNS[name] for name in columns]
    count = 0
    with TicketWorkbook(file, TITLE, [_NUMBER, *((one.label, one.width) for one in chosen)]) as book:
        async for rows in found.pages():
            if most is not None and count + len(rows) > most:
                msg = f"超过 {most} 条，请缩小范围，或用 rectify ticket list --xlsx 导出"
                raise Failure(msg)
            await asyncio.to_thread(book.add, _texts(rows, count + 1, chosen))  # the words are found there, too
            count += len(rows)
        about = (("截至", local(now, found.zone)), ("条数", str(count)))
        await asyncio.to_thread(book.save, about)
    return count


def _texts(rows: Sequence[TicketRow], first: int, columns: Sequence[ListColumn]) -> Iterator[tuple[str, ...]]:
    return ((str(number), *(one.text(row) for one in columns)) for number, row in enumerate(rows, first))
