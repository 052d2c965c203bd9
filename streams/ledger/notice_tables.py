"""The tables of notices: each message to a person, to a webhook, and what providers call it. As tables.py."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, PrimaryKeyConstraint

from streams.ledger.columns import BLOB, HEX, NUMBER, ROOM, TEXT, at, flag, may, maybe_at, must, pk, table, where

UNDELIVERED: Final = "state in ('undelivered', 'dead', 'expired')"
"""Of which it is known that nobody has read them."""
notices = table(
    "notices",
    Column("notice_id", BLOB, primary_key=True, info=HEX),
    must("ticket_pk", NUMBER),
    must("asset_pk", NUMBER),
    must("kind", TEXT),
    must("channel", TEXT),
    may("unit_id", TEXT),
    must("name", TEXT),
    must("address", TEXT),
    must("role", TEXT),
    flag("exempt"),
    at("created_at"),
    at("not_before"),
    at("expires_at"),
    must("state", TEXT),
    must("attempts", NUMBER),
    maybe_at("lease_until"),
    may("provider", TEXT),
    may("code", TEXT),
    at("updated_at"),
    may("delivery_id", TEXT),
    may("subject_json", TEXT),
    maybe_at("sent_at"),  # when the provider was last called: what a cap per day counts (not in the record)
    may("inbox", TEXT),  # the same for all spellings of the address (rule N-52; not in the record)
    Index("notices_by_ticket", "ticket_pk"),
    Index("notices_to_send", "channel", "not_before", **where("state = 'pending'")),
    Index("notices_urgent", "channel", "not_before", **where("state = 'pending' and exempt")),
    Index("notices_to_gather", "inbox", "channel", "not_before", **where("state = 'pending'")),
    Index("notices_by_delivery", "delivery_id", **where("delivery_id is not null")),
    Index("notices_leased", "lease_until", **where("state = 'sending'")),
    Index("notices_by_change", "updated_at"),  # for people: what changed last
    Index("notices_undelivered", "updated_at", "notice_id", **where(UNDELIVERED)),
    Index("notices_sent", "inbox", "sent_at", **where("sent_at is not null")),
    **ROOM,
)
webhook_posts = table(
    "webhook_posts",  # what is to be posted to webhooks, in this order for each of them (N-72)
    pk(),
    must("webhook", TEXT),
    must("event_id", TEXT),
    must("body", TEXT),
    at("created_at"),  # real time, as the next
    maybe_at("due_at"),  # empty: given up
    must("attempts", NUMBER),
    may("code", TEXT),
    Index("webhook_posts_waiting", "webhook", "pk", **where("due_at is not null")),
    Index("webhook_posts_given_up", "webhook", "pk", **where("due_at is null")),
    sqlite_autoincrement=True,  # a number is never used twice: it is the order
)
weekly_mails = table(
    "weekly_mails",  # when supervising units are told of the units below them (N-74); the domain's clock
    Column("unit_id", TEXT, primary_key=True),
    at("since"),
    maybe_at("due_at"),
    Index("weekly_mails_due", "due_at", **where("due_at is not null")),
)
provider_refs = table(
    "provider_refs",  # short messages that a provider has taken, or may have, until their end is known
    must("provider", TEXT),
    must("ref", TEXT),  # what the provider calls the message; our delivery's id where it said nothing
    must("delivery_id", TEXT),
    must("address", TEXT),
    at("sent_at"),  # real time, as the next
    at("next_ask_at"),
    PrimaryKeyConstraint("provider", "ref"),
    Index("provider_refs_to_ask", "next_ask_at"),
    Index("provider_refs_by_delivery", "delivery_id"),
)
