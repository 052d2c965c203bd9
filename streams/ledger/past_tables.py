"""The tables of what was known before, of which figures of the past are made (rules S-3, S-5, O-2). As tables.py."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint

from streams.ledger.columns import BLOB, NUMBER, TEXT, at, may, maybe_at, must, pk, table

past_problems = table(
    "past_problems",  # what a problem was known as until a moment (rule S-5)
    pk(),
    must("asset_pk", NUMBER),
    must("key", BLOB),
    at("until"),
    must("check_code", TEXT),
    must("locator", TEXT),
    must("ticket_pk", NUMBER),
    must("status", TEXT),
    at("first_seen_at"),
    maybe_at("gone_at"),
    maybe_at("back_at"),
    must("evidence_json", TEXT),
    Index("past_problems_by_asset", "asset_pk"),
)

past_records = table(
    "past_records",  # the same of registry records: assets, units, calendar years
    pk(),
    must("kind", TEXT),
    must("record_id", TEXT),
    at("until"),
    may("document", TEXT),  # null: it was not registered
    Index("past_records_by_id", "kind", "record_id"),
)

looks = table(
    "looks",  # days on which an asset was looked at (rule S-3)
    must("asset_pk", NUMBER),
    must("day", NUMBER),  # local, as an ordinal: 1 January of year 1 is 1
    at("recorded_at"),
    PrimaryKeyConstraint("asset_pk", "day"),
)

ticket_facts = table(
    "ticket_facts",  # what statistics need of history that was forgotten (rule O-2)
    pk(),
    must("ticket_pk", NUMBER),
    at("at"),
    must("type", TEXT),
    must("body_json", TEXT),  # numbers, times and stable words only
    Index("ticket_facts_by_ticket", "ticket_pk", "pk"),
)

packs = table(
    "packs",  # the policy packs that workers have decided by, since when
    pk(),
    at("recorded_at"),
    must("ref", TEXT),
    must("document", TEXT),
)

bulletins = table(
    "bulletins",  # as they were issued (rule S-11)
    pk(),
    must("bulletin_id", TEXT),
    must("number", TEXT),
    must("issued_on", TEXT),  # days as 2023-02-20
    must("first_day", TEXT),
    must("last_day", TEXT),
    must("area", TEXT),  # empty: of all that is registered
    at("recorded_at"),
    must("document", TEXT),
    UniqueConstraint("bulletin_id", name="bulletins_by_id"),
)
