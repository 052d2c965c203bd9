"""What can be searched of a ticket: the words in it that people may look for, one spelling each (W-46, W-47)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from streams.ledger import Ledger
from streams.ledger.reading.search_texts import TicketTexts, ticket_texts
from streams.rules.closing.retention import is_personal
from streams.store.grams import folded_lines
from streams.store.search import SearchText

_NO_WORDS: Final = frozenset({"source", "run_id", "received_at"})  # of the facts of a problem


async def search_texts(ledger: Ledger, ticket_ids: Iterable[str]) -> list[SearchText]:
    """What can be searched of these tickets, of those that there are."""
    return [
        SearchText(one.pk, one.ticket_id, is_personal(one.check), folded_lines(_texts(one)))
        for one in await ticket_texts(ledger, list(ticket_ids))
    ]


def _texts(ticket: TicketTexts) -> Iterable[str]:
    if ticket.cause is not None:
        yield ticket.cause
    for locator, facts in ticket.places:
        yield locator
        yield from _strings({name: one for name, one in orjson.loads(facts).items() if name not in _NO_WORDS})


def _strings(value: Any) -> Iterable[str]:
    """Everything in words that producers or citizens have said, wherever it stands."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
