"""Every place of the tickets for whose places a letter has no room (N-62), read when the letter is written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final

import orjson

from streams.ledger import Ledger
from streams.ledger.reading.queries import each_problem
from streams.presentation.letters.letter import Letter, LetterItem, SheetRow
from streams.presentation.letters.places import parts_of
from streams.presentation.letters.sheet import LONGEST, needing, rows_of
from streams.rules.state.documents import problem_document
from streams.worker.delivery.journal import Leased

_PAGE: Final = 100  # problems in memory at a time, each with its evidence


async def with_sheet(ledger: Ledger, letter: Letter, leased: Leased) -> Letter:
    """The letter with its sheet; as it is where it has room for everything. Raises LedgerError."""
    pks = {ticket.ticket_id: pk for pk, ticket in leased.due.tickets.items()}
    rows: list[SheetRow] = []
    for item in needing(letter):
        async for row in _rows(ledger, letter, item, pks[str(item.ticket["ticket_id"])]):
            if len(rows) == LONGEST:
                break
            rows.append(row)
    return replace(letter, sheet=tuple(rows)) if rows else letter


async def _rows(ledger: Ledger, letter: Letter, item: LetterItem, ticket_pk: int) -> AsyncIterator[SheetRow]:
    if parts_of(item.ticket, item.ticket.get("problems") or ()):
        for row in rows_of(item, letter):
            yield row
        return
    async for problem in each_problem(ledger, ticket_pk, page=_PAGE):
        if problem.current:
            document: dict[str, Any] = orjson.loads(orjson.dumps(problem_document(problem, letter.zone)))
            for row in rows_of(item, letter, (document,)):
                yield row
