"""Whether a command has been decided, and what was recorded of it: for those who have sent it and wait."""

from __future__ import annotations

from typing import Any, Final

import orjson
from sqlalchemy import func, select

from streams.ledger.ledger import Ledger
from streams.ledger.tables import assets, history, tickets

_LATEST: Final = 100  # entries of a ticket: more do not come between a command and whoever waits for it


async def last_entry(ledger: Ledger) -> int:
    """The number of the latest history entry: what is recorded from now on has a higher one."""
    ((number,),) = await ledger.read(select(func.coalesce(func.max(history.c.pk), 0)))
    return int(number)


async def is_decided(ledger: Ledger, command_id: str) -> bool:
    """Whether a command with this id has been carried out or refused (K-4)."""
    (found,) = await ledger.glance("select exists (select 1 from commands where command_id = ?)", command_id)
    return bool(found)


async def events_of_command(
    ledger: Ledger, command_id: str, asset_id: str, ticket_id: str | None, after: int
) -> list[dict[str, Any]]:
    """The events that it caused, oldest first: of its ticket the latest, of its asset those after the entry `after`."""
    entries = select(history.c.body_json).order_by(history.c.pk.desc())
    of_ticket = select(tickets.c.pk).where(tickets.c.ticket_id == ticket_id).scalar_subquery()
    of_asset = select(assets.c.pk).where(assets.c.asset_id == asset_id).scalar_subquery()
    latest = await ledger.read(entries.where(history.c.ticket_pk == of_ticket).limit(_LATEST))
    if events := _caused(latest, command_id):
        return events
    return _caused(await ledger.read(entries.where(history.c.pk > after, history.c.asset_pk == of_asset)), command_id)


def _caused(rows: Any, command_id: str) -> list[dict[str, Any]]:
    events = [orjson.loads(body) for (body,) in reversed(rows)]
    return [event for event in events if event.get("command_id") == command_id]
