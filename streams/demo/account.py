"""Reading back: from the topics that the topic reader has read, and from the ledger, to the account that is judged."""

from __future__ import annotations

from collections.abc import Sequence

from streams.demo.outcome import NO_TICKET, Account
from streams.demo.topic_reader import TopicReader
from streams.ledger import Ledger
from streams.ledger.reading.listing.filter import EVERY
from streams.ledger.reading.listing.listing import list_tickets
from streams.ledger.reading.queries import history_of, notices_of
from streams.local.mail_catcher import CaughtMail

ALL: int = 1_000  # more tickets than the demonstration can make


async def read_account(
    topic_reader: TopicReader, ledger: Ledger, mails: Sequence[CaughtMail], short_messages: int
) -> Account:
    """Everything that is known when the worker has stopped."""
    tickets = [ticket for ticket, _ in await list_tickets(ledger, EVERY, limit=ALL)]
    return Account(
        events=topic_reader.events,
        tickets=topic_reader.tickets,
        ledger={ticket.ticket_id: ticket for ticket in tickets},
        history={t.ticket_id: [entry.event_id for entry in await history_of(ledger, t.pk)] for t in tickets},
        notices={t.ticket_id: await notices_of(ledger, t.pk) for t in tickets}
        | {NO_TICKET: await notices_of(ledger, 0)},
        dead_letters=topic_reader.dead_letters,
        mails=[mail.message_id for mail in mails],
        short_messages=short_messages,
    )
