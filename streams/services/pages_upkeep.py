"""What the pages keep, forgotten with its ticket: typed names, telephone numbers, uploaded files (rule O-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from streams.files.uploads.shelf import Shelf
from streams.ledger import Ledger
from streams.ledger.reading.links import kept_tickets
from streams.services.searched_texts import search_texts
from streams.settings.model import Settings
from streams.store.search import Search
from streams.store.store import Store, open_store


@dataclass(slots=True)
class Forgotten:
    """How much was forgotten."""

    page_tickets: int = 0
    files: int = 0
    audit: int = 0  # entries


async def forget_on_pages(settings: Settings, ledger: Ledger, personal: datetime, audited: datetime) -> Forgotten:
    """Forgets what belongs to tickets that were closed before `personal`, or that nobody knows any more.

    W-8  Every login, failure, act and export at the desk, and what is done to accounts, is an entry of the audit with
         account, time and address. Nothing changes one; those from before `audited` (real time) are forgotten.
    """
    store = await open_store(settings.database_url.get_secret_value())
    try:
        done = await _forget(store, Shelf(settings.files_dir), ledger, personal)
        await _forget_words(store.search, ledger, personal)
        done.audit = await store.audit.forget(audited)
        return done
    finally:
        await store.close()


async def _forget(store: Store, shelf: Shelf, ledger: Ledger, personal: datetime) -> Forgotten:
    done, last = Forgotten(), ""
    while page := await store.tickets_after(last):
        keep = await kept_tickets(ledger, page, personal)
        for ticket_id in page:
            if ticket_id not in keep:
                for digest in await store.forget(ticket_id):
                    shelf.forget(digest)
                    done.files += 1
                done.page_tickets += 1
        last = page[-1]
    await store.forget_without_ticket(personal)
    return done


async def _forget_words(search: Search, ledger: Ledger, personal: datetime) -> None:
    """What citizens wrote is not found any more; the ledger, which has forgotten it before, has what stays."""
    last = -1
    while page := await search.personal_after(last):
        keep = await kept_tickets(ledger, [ticket_id for _, ticket_id in page], personal)
        ended = [ticket_id for _, ticket_id in page if ticket_id not in keep]
        texts = await search_texts(ledger, ended)
        known = {one.ticket_id for one in texts}
        await search.replace(
            [one._replace(personal=False) for one in texts], [one for one in ended if one not in known]
        )
        last = page[-1][0]
