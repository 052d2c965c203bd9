"""The tables of what waits for an answer: open recheck requests, and what units have asked for. As tables.py."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint

from streams.ledger.columns import BLOB, NUMBER, ROOM, TEXT, at, may, maybe_at, must, table, where

recheck_requests = table(
    "recheck_requests",
    must("asset_pk", NUMBER),
    must("key", BLOB),  # the problem's: one open request for each
    must("ticket_pk", NUMBER),
    must("request_id", TEXT),
    must("reasons", TEXT),
    at("requested_at"),
    at("not_before"),
    must("sent", NUMBER),
    at("expires_at"),
    at("review_at"),
    maybe_at("unanswered_at"),
    may("not_by", TEXT),
    PrimaryKeyConstraint("asset_pk", "key"),
    Index("recheck_requests_to_review", "review_at"),
    Index("recheck_requests_unanswered", "ticket_pk", **where("unanswered_at is not null")),
    **ROOM,
)

asks = table(
    "asks",
    must("ask_id", TEXT),
    must("ticket_pk", NUMBER),
    must("asset_pk", NUMBER),
    must("kind", TEXT),  # one open ask for each
    may("unit_id", TEXT),
    must("by", TEXT),
    must("said", TEXT),
    may("progress", TEXT),
    maybe_at("due_at"),
    may("working_days", NUMBER),
    may("unit_wanted", TEXT),
    at("asked_at"),
    maybe_at("review_at"),
    maybe_at("unanswered_at"),
    PrimaryKeyConstraint("ticket_pk", "kind"),
    Index("asks_to_review", "review_at", **where("review_at is not null")),
    Index("asks_by_asked", "asked_at"),
)
