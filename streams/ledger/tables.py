"""The tables, for both dialects. Integer row numbers, short unique keys as blobs, few indexes, partial where possible.

Times are BIGINT microseconds since 1970 UTC, documents JSON in TEXT. A table that keeps a record has the record's
fields as columns, in that order and under those names (`check` is `check_code`: the word is reserved in SQL).
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeEngine

metadata: Final = MetaData()

_NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")
_FLAG: Final = Boolean().with_variant(Integer(), "sqlite")
_BLOB: Final = LargeBinary()
_TEXT: Final = Text()

MOMENT: Final = {"moment": True}  # marks columns of microseconds
FLAG: Final = {"flag": True}  # marks columns of 0 and 1
HEX: Final = {"hex": True}  # marks blobs that the record spells in hexadecimal


def _table(name: str, *parts: Any, **options: Any) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True, **options)


def _pk() -> Column[int]:
    return Column("pk", _NUMBER, primary_key=True)


def _must(name: str, kind: TypeEngine[Any], **options: Any) -> Column[Any]:
    return Column(name, kind, nullable=False, **options)


def _may(name: str, kind: TypeEngine[Any], **options: Any) -> Column[Any]:
    return Column(name, kind, nullable=True, **options)


def _at(name: str) -> Column[Any]:
    return _must(name, _NUMBER, info=MOMENT)


def _maybe_at(name: str) -> Column[Any]:
    return _may(name, _NUMBER, info=MOMENT)


def _flag(name: str) -> Column[Any]:
    return _must(name, _FLAG, info=FLAG)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


_ROOM = {"postgresql_with": {"fillfactor": 80}}  # room in the page, so that counting touches no index

source = _table(
    "source",
    _must("topic", _TEXT),
    _must("partition", _NUMBER),
    _must("next_offset", _NUMBER),
    PrimaryKeyConstraint("topic", "partition"),
)

meta = _table("meta", Column("key", _TEXT, primary_key=True), _must("value", _TEXT))

registry = _table(
    "registry",
    _must("kind", _TEXT),  # unit, calendar, guarded
    _must("id", _TEXT),
    _may("document", _TEXT),  # null: deleted; the row stays, so that others hear of it
    _must("version", _NUMBER),
    PrimaryKeyConstraint("kind", "id"),
)

commands = _table("commands", Column("command_id", _TEXT, primary_key=True))

assets = _table(
    "assets",
    _pk(),
    _must("asset_id", _TEXT),
    _may("unit_id", _TEXT),
    _must("name", _TEXT),
    _may("kind", _TEXT),
    _may("region", _TEXT),
    _may("document_json", _TEXT),
    _maybe_at("derive_at"),
    _may("former_unit_id", _TEXT),
    _may("run_pages_json", _TEXT),
    Index("assets_by_id", "asset_id", unique=True),
    Index("assets_to_derive", "derive_at", **_where("derive_at is not null")),
    **_ROOM,
)

problems = _table(
    "problems",
    _pk(),
    _must("key", _BLOB),
    _must("fingerprint", _TEXT),
    _must("asset_pk", _NUMBER),
    _must("check_code", _TEXT),
    _must("locator", _TEXT),
    _must("ticket_pk", _NUMBER),
    _must("ordinal", _NUMBER),
    _must("status", _TEXT),
    _at("first_seen_at"),
    _at("last_seen_at"),
    _must("count", _NUMBER),
    _must("seen_by_json", _TEXT),
    _must("facts_json", _TEXT),
    _may("suspicion_json", _TEXT),
    _maybe_at("gone_at"),
    _may("gone_by_json", _TEXT),
    _flag("current"),
    Index("problems_by_key", "key", unique=True, **_where("current")),
    Index("problems_by_ticket", "ticket_pk", "ordinal"),
    Index("problems_by_asset", "asset_pk", "check_code", **_where("current")),
    Index("problems_suspected", "asset_pk", **_where("current and status = 'suspected'")),
    **_ROOM,
)

tickets = _table(
    "tickets",
    Column("pk", _NUMBER, primary_key=True, autoincrement=False),  # numbers.py
    _must("ticket_id", _TEXT),
    _must("version", _NUMBER),
    _must("asset_pk", _NUMBER),
    _may("unit_id", _TEXT),
    _must("check_code", _TEXT),
    _may("group_key", _BLOB),
    _may("cause", _TEXT),
    _must("severity", _TEXT),
    _must("status", _TEXT),
    _at("opened_at"),
    _at("running_since"),
    _may("opened_by", _TEXT),
    _at("due_at"),
    _must("deadline_json", _TEXT),
    _flag("guarded"),
    _may("rung", _TEXT),
    _must("plan_json", _TEXT),
    _maybe_at("next_review_at"),
    _must("problem_count", _NUMBER),
    _must("open_problem_count", _NUMBER),
    _must("occurrences", _NUMBER),
    _at("first_seen_at"),
    _at("last_seen_at"),
    _must("reminder_count", _NUMBER),
    _must("reopen_count", _NUMBER),
    _must("extension_count", _NUMBER),
    _must("cycle", _NUMBER),
    _may("recurrence_of", _TEXT),
    _maybe_at("acknowledged_at"),
    _maybe_at("acknowledgement_expires_at"),
    _maybe_at("waived_until"),
    _may("recheck_outcome", _TEXT),
    _maybe_at("closed_at"),
    _maybe_at("evidence_at"),
    _may("close_reason", _TEXT),
    _may("merged_into", _TEXT),
    _must("seen_runs_json", _TEXT),
    Index("tickets_by_id", "ticket_id", unique=True),
    Index("tickets_by_group", "group_key", unique=True, **_where("group_key is not null")),
    Index("tickets_by_asset", "asset_pk", "opened_by"),
    Index("tickets_by_due", "status", "due_at"),
    Index("tickets_by_unit", "unit_id", **_where("unit_id is not null and closed_at is null")),
    Index("tickets_to_review", "next_review_at", **_where("next_review_at is not null")),
    **_ROOM,
)

runs = _table(
    "runs",
    _must("asset_pk", _NUMBER),
    _must("source", _TEXT),
    _must("run_id", _TEXT),
    _must("counted", _NUMBER),
    _must("by_check_json", _TEXT),
    _may("message_json", _TEXT),
    _must("state", _TEXT),
    _maybe_at("evidence_at"),
    _maybe_at("settle_at"),
    _maybe_at("settle_by"),
    _may("accepted_by", _TEXT),
    _may("sample_json", _TEXT),
    PrimaryKeyConstraint("asset_pk", "source", "run_id"),
    Index("runs_to_settle", "settle_at", **_where("settle_at is not null")),
    Index("runs_held", "asset_pk", **_where("state = 'held'")),
    **_ROOM,
)

probes = _table(
    "probes",
    _must("asset_pk", _NUMBER),
    _must("day", _NUMBER),  # days since 1970, UTC
    _must("probed", _TEXT),  # a bit for each slot of the day, in hexadecimal
    _must("reached", _TEXT),
    PrimaryKeyConstraint("asset_pk", "day"),
    **_ROOM,
)

history = _table(
    "history",
    _pk(),
    _must("event_id", _TEXT),
    _must("asset_pk", _NUMBER),
    _may("ticket_pk", _NUMBER),
    _at("at"),
    _must("type", _TEXT),
    _must("body_json", _TEXT),
    Index("history_by_ticket", "ticket_pk", "pk", **_where("ticket_pk is not null")),
    Index("history_of_warnings", "asset_pk", **_where("ticket_pk is null and type = 'warned'")),
)

notices = _table(
    "notices",
    Column("notice_id", _BLOB, primary_key=True, info=HEX),
    _must("ticket_pk", _NUMBER),
    _must("asset_pk", _NUMBER),
    _must("kind", _TEXT),
    _must("channel", _TEXT),
    _may("unit_id", _TEXT),
    _must("name", _TEXT),
    _must("address", _TEXT),
    _must("role", _TEXT),
    _flag("exempt"),
    _at("created_at"),
    _at("not_before"),
    _at("expires_at"),
    _must("state", _TEXT),
    _must("attempts", _NUMBER),
    _maybe_at("lease_until"),
    _may("provider", _TEXT),
    _may("code", _TEXT),
    _at("updated_at"),
    _may("delivery_id", _TEXT),
    _may("subject_json", _TEXT),
    _maybe_at("sent_at"),  # when the provider was last called: what a cap per day counts (not in the record)
    Index("notices_by_ticket", "ticket_pk"),
    Index("notices_to_send", "not_before", **_where("state = 'pending'")),
    Index("notices_urgent", "not_before", **_where("state = 'pending' and exempt")),
    Index("notices_to_gather", "address", **_where("state = 'pending'")),
    Index("notices_by_delivery", "delivery_id", **_where("delivery_id is not null")),
    Index("notices_leased", "lease_until", **_where("state = 'sending'")),
    Index("notices_by_change", "updated_at"),  # for people: what changed last
    Index("notices_short_messages", "address", "sent_at", **_where("channel = 'sms' and sent_at is not null")),
    **_ROOM,
)

provider_refs = _table(
    "provider_refs",  # short messages that a provider has taken, or may have, until their end is known
    _must("provider", _TEXT),
    _must("ref", _TEXT),  # what the provider calls the message; our delivery's id where it said nothing
    _must("delivery_id", _TEXT),
    _must("address", _TEXT),
    _at("sent_at"),  # real time, as the next
    _at("next_ask_at"),
    PrimaryKeyConstraint("provider", "ref"),
    Index("provider_refs_to_ask", "next_ask_at"),
    Index("provider_refs_by_delivery", "delivery_id"),
)

outbox = _table(
    "outbox",
    _pk(),
    _at("created_at"),
    _at("held_at"),  # when the owner took it
    _must("owner", _TEXT),
    _must("payload", _BLOB),  # msgpack: [[topic, key, value, [[header, value], ...]], ...]
    sqlite_autoincrement=True,  # a number is never used twice, though the table is mostly empty
)

refreshes = _table(
    "refreshes",
    _pk(),
    _at("due_at"),  # real time
    _must("ticket_pks", _BLOB),  # msgpack: [ticket_pk, ...]
    Index("refreshes_due", "due_at"),
)
