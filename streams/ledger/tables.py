"""The tables, for both dialects. Integer row numbers, short unique keys as blobs, few indexes, partial where possible.

Times are BIGINT microseconds since 1970 UTC, documents JSON in TEXT. A table that keeps a record has the record's
fields as columns, in that order and under those names (`check` is `check_code`: the word is reserved in SQL).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, PrimaryKeyConstraint, false

from streams.ledger.columns import BLOB, NUMBER, ROOM, TEXT, at, flag, may, maybe_at, must, pk, table, where

source = table(
    "source",
    must("topic", TEXT),
    must("partition", NUMBER),
    must("next_offset", NUMBER),
    may("log_id", TEXT),  # Kafka's id of the topic that was read
    may("last_record", TEXT),  # offset:timestamp:crc of the last record handled
    must("epoch", NUMBER, server_default="0"),  # grows when another log is adopted
    may("refused_json", TEXT),  # what is counted of producers since a message of theirs was refused (rule I-8)
    PrimaryKeyConstraint("topic", "partition"),
)

meta = table("meta", Column("key", TEXT, primary_key=True), must("value", TEXT))

registry = table(
    "registry",
    must("kind", TEXT),  # unit, calendar, guarded, producer
    must("id", TEXT),
    may("document", TEXT),  # null: deleted; the row stays, so that others hear of it
    must("version", NUMBER),
    PrimaryKeyConstraint("kind", "id"),
)

handovers = table(
    "handovers",  # units that were merged, deleted, or not known before: how far their tickets have followed
    Column("unit_id", TEXT, primary_key=True),
    flag("merged"),
    flag("introduced"),
    must("asset_pk", NUMBER),
    must("ticket_pk", NUMBER),
    must("last_pk", NUMBER),
)

followers = table(
    "followers",  # tickets that are to follow a change of their asset's registry record
    Column("ticket_pk", NUMBER, primary_key=True, autoincrement=False),
    must("asset_pk", NUMBER),
    flag("follows"),
    flag("moved"),
    flag("aside", server_default=false()),  # its page has failed for it, and passes it by (O-14)
)

commands = table("commands", Column("command_id", TEXT, primary_key=True))

refused_commands = table(
    "refused_commands",  # that became dead letters: nobody decides them (O-17)
    Column("command_id", TEXT, primary_key=True),
    must("code", TEXT),
    at("at"),
)

marks = table("marks", Column("mark", TEXT, primary_key=True))  # what the system says or does once

assets = table(
    "assets",
    pk(),
    must("asset_id", TEXT),
    may("unit_id", TEXT),
    must("name", TEXT),
    may("kind", TEXT),
    may("region", TEXT),
    may("document_json", TEXT),
    maybe_at("derive_at"),
    may("former_unit_id", TEXT),
    may("run_pages_json", TEXT),
    may("code", TEXT),
    Index("assets_by_id", "asset_id", unique=True),
    Index("assets_by_code", "code", **where("code is not null")),
    Index("assets_to_derive", "derive_at", **where("derive_at is not null")),
    Index("assets_unregistered", "asset_id", **where("document_json is null")),
    **ROOM,
)

problems = table(
    "problems",
    pk(),
    must("key", BLOB),
    must("fingerprint", TEXT),
    must("asset_pk", NUMBER),
    must("check_code", TEXT),
    must("locator", TEXT),
    must("ticket_pk", NUMBER),
    must("ordinal", NUMBER),
    must("status", TEXT),
    at("first_seen_at"),
    at("last_seen_at"),
    must("count", NUMBER),
    must("seen_by_json", TEXT),
    must("facts_json", TEXT),
    may("suspicion_json", TEXT),
    maybe_at("gone_at"),
    may("gone_by_json", TEXT),
    flag("current"),
    at("recorded_at", server_default="0"),  # when the row was made; no field of the record
    Index("problems_by_key", "asset_pk", "key", unique=True, **where("current")),
    Index("problems_by_ticket", "ticket_pk", "ordinal"),
    Index("problems_suspected", "asset_pk", **where("current and status = 'suspected'")),
    Index("problems_retired", "asset_pk", **where("not current")),
    **ROOM,
)

former_keys = table(
    "former_keys",  # what the identities of problems were before (rule D-14)
    must("asset_pk", NUMBER),
    must("former", BLOB),
    must("key", BLOB),
    PrimaryKeyConstraint("asset_pk", "former"),
    Index("former_keys_by_key", "asset_pk", "key"),
)

tickets = table(
    "tickets",
    Column("pk", NUMBER, primary_key=True, autoincrement=False),  # numbers.py
    must("ticket_id", TEXT),
    must("version", NUMBER),
    must("asset_pk", NUMBER),
    may("unit_id", TEXT),
    must("check_code", TEXT),
    may("group_key", BLOB),
    may("cause", TEXT),
    must("severity", TEXT),
    must("status", TEXT),
    at("opened_at"),
    at("running_since"),
    may("opened_by", TEXT),
    at("counted_from", server_default="0"),
    at("due_at"),
    must("due_unit", TEXT, server_default="working_day"),
    flag("provisional", server_default=false()),
    must("deadline_json", TEXT),
    flag("guarded"),
    may("rung", TEXT),
    must("plan_json", TEXT),
    maybe_at("next_review_at"),
    must("problem_count", NUMBER),
    must("open_problem_count", NUMBER),
    must("occurrences", NUMBER),
    at("first_seen_at"),
    at("last_seen_at"),
    must("reminder_count", NUMBER),
    must("reopen_count", NUMBER),
    must("extension_count", NUMBER),
    must("cycle", NUMBER),
    may("recurrence_of", TEXT),
    maybe_at("acknowledged_at"),
    maybe_at("acknowledgement_expires_at"),
    maybe_at("waived_until"),
    may("recheck_outcome", TEXT),
    maybe_at("closed_at"),
    maybe_at("evidence_at"),
    may("close_reason", TEXT),
    may("merged_into", TEXT),
    must("seen_runs_json", TEXT),
    flag("awaits_sighting", server_default=false()),
    Index("tickets_by_id", "ticket_id", unique=True),
    Index("tickets_by_group", "group_key", unique=True, **where("group_key is not null")),
    Index("tickets_by_asset", "asset_pk", "opened_by"),
    Index("tickets_by_due", "status", "due_at", "pk"),  # thousands are due at the same moment
    Index("tickets_by_unit", "unit_id", "due_at", "pk", "status", **where("unit_id is not null and closed_at is null")),
    Index("tickets_opened", "opened_at", "pk"),
    Index("tickets_closed", "closed_at", "pk", **where("closed_at is not null")),
    Index(
        "tickets_closed_by_unit", "unit_id", "closed_at", "pk", **where("unit_id is not null and closed_at is not null")
    ),
    Index("tickets_awaiting", "asset_pk", **where("awaits_sighting and closed_at is null")),
    Index(
        "tickets_counted_apart",
        "asset_pk",
        **where("closed_at is null and (status = 'claimed' or cause is not null)"),
    ),
    Index("tickets_to_review", "next_review_at", **where("next_review_at is not null")),
    Index("tickets_by_rung", "rung", "due_at", "pk", **where("rung is not null and closed_at is null")),
    Index("tickets_unverifiable", "status", "pk", **where("closed_at is null and recheck_outcome = 'unverifiable'")),
    **ROOM,
)

runs = table(
    "runs",
    must("asset_pk", NUMBER),
    must("source", TEXT),
    must("run_id", TEXT),
    must("counted", NUMBER),
    must("by_check_json", TEXT),
    may("message_json", TEXT),
    must("state", TEXT),
    maybe_at("evidence_at"),
    maybe_at("settle_at"),
    maybe_at("settle_by"),
    may("accepted_by", TEXT),
    may("sample_json", TEXT),
    may("held_by", TEXT),
    maybe_at("begun_at"),
    maybe_at("first_seen_at"),
    must("first_found", NUMBER, server_default="0"),
    PrimaryKeyConstraint("asset_pk", "source", "run_id"),
    Index("runs_to_settle", "settle_at", **where("settle_at is not null")),
    Index("runs_held", "asset_pk", **where("state = 'held'")),
    Index("runs_judged", "asset_pk", "evidence_at", **where("state = 'settled' and evidence_at is not null")),
    **ROOM,
)

probes = table(
    "probes",
    must("asset_pk", NUMBER),
    must("day", NUMBER),  # days since 1970, UTC
    must("probed", TEXT),  # a bit for each slot of the day, in hexadecimal
    must("reached", TEXT),
    PrimaryKeyConstraint("asset_pk", "day"),
    **ROOM,
)

producer_standings = table(
    "producer_standings",  # a row for each producer and 5 minutes in which runs of it were judged
    must("source", TEXT),
    at("slot_at"),
    must("staked", NUMBER),
    must("absent", NUMBER),
    must("held", NUMBER),
    PrimaryKeyConstraint("source", "slot_at"),
    **ROOM,
)

producer_rhythms = table(
    "producer_rhythms",  # when their runs come (rule R-41)
    must("source", TEXT),
    must("asset_pk", NUMBER),
    at("last_run_at"),
    must("pauses_json", TEXT),
    maybe_at("review_at"),
    maybe_at("silent_at"),
    PrimaryKeyConstraint("source"),
    Index("producer_rhythms_to_review", "review_at", **where("review_at is not null")),
    Index("producer_rhythms_silent", "source", **where("silent_at is not null")),
    **ROOM,
)

ANSWERS: Final = "ticket_pk is null and type in ('run_accepted', 'run_rejected', 'command_refused')"
"""What answers a command about a run."""
history = table(
    "history",
    pk(),
    must("event_id", TEXT),
    must("asset_pk", NUMBER),
    may("ticket_pk", NUMBER),
    at("at"),
    must("type", TEXT),
    must("body_json", TEXT),
    may("sentence", TEXT),
    Index("history_by_ticket", "ticket_pk", "pk", **where("ticket_pk is not null")),
    Index("history_of_warnings", "asset_pk", **where("ticket_pk is null and type = 'warned'")),
    Index("history_of_answers", "asset_pk", "pk", **where(ANSWERS)),
    Index("history_of_escalations", "at", "pk", **where("type = 'escalated'")),
)


outbox = table(
    "outbox",
    pk(),
    at("created_at"),
    at("held_at"),  # when the owner took it
    must("owner", TEXT),
    must("payload", BLOB),  # msgpack: [[topic, key, value, [[header, value], ...]], ...]
    sqlite_autoincrement=True,  # a number is never used twice, though the table is mostly empty
)

refreshes = table(
    "refreshes",
    pk(),
    at("due_at"),  # real time
    must("ticket_pks", BLOB),  # msgpack: [ticket_pk, ...]
    flag("counters", server_default=false()),  # only counters have changed: published unless that has happened since
    Index("refreshes_due", "due_at"),
)

set_aside = table(
    "set_aside",  # rows for which due work or sending failed (rule O-14)
    pk(),
    must("kind", TEXT),  # set_aside.py
    must("place", TEXT),  # JSON: the key of the row
    must("name", TEXT),  # how people call it
    maybe_at("due_at"),  # by the clock of its kind
    at("noted_at"),  # real time
    must("attempts", NUMBER),
    must("fault", TEXT),  # what kind and where in the program; nothing of the row
    Index("set_aside_by_place", "kind", "place", unique=True),
)
