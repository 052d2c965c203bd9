"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def _table(name: str, *parts: Any, **options: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
    op.create_table(name, *parts, sqlite_strict=True, **options)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Create everything."""
    _table(
        "assets",
        sa.Column("pk", NUMBER, nullable=False),
        sa.Column("asset_id", sa.Text, nullable=False),
        sa.Column("unit_id", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text),
        sa.Column("region", sa.Text),
        sa.Column("document_json", sa.Text),
        sa.PrimaryKeyConstraint("pk"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index("assets_by_id", "assets", ["asset_id"], unique=True)
    _table(
        "commands",
        sa.Column("command_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("command_id"),
    )
    _table(
        "history",
        sa.Column("pk", NUMBER, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("asset_pk", NUMBER, nullable=False),
        sa.Column("ticket_pk", NUMBER),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("body_json", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("pk"),
    )
    op.create_index(
        "history_by_ticket", "history", ["ticket_pk", "pk"], unique=False, **_where("ticket_pk is not null")
    )
    _table(
        "meta",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    _table(
        "notices",
        sa.Column("notice_id", sa.LargeBinary, nullable=False),
        sa.Column("ticket_pk", NUMBER, nullable=False),
        sa.Column("asset_pk", NUMBER, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("unit_id", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("exempt", FLAG, nullable=False),
        sa.Column("created_at", NUMBER, nullable=False),
        sa.Column("not_before", NUMBER, nullable=False),
        sa.Column("expires_at", NUMBER, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", NUMBER, nullable=False),
        sa.Column("lease_until", NUMBER),
        sa.Column("provider", sa.Text),
        sa.Column("code", sa.Text),
        sa.Column("updated_at", NUMBER, nullable=False),
        sa.Column("delivery_id", sa.Text),
        sa.Column("sent_at", NUMBER),
        sa.PrimaryKeyConstraint("notice_id"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "notices_by_delivery", "notices", ["delivery_id"], unique=False, **_where("delivery_id is not null")
    )
    op.create_index("notices_by_ticket", "notices", ["ticket_pk"], unique=False)
    op.create_index("notices_leased", "notices", ["lease_until"], unique=False, **_where("state = 'sending'"))
    op.create_index(
        "notices_short_messages",
        "notices",
        ["address", "sent_at"],
        unique=False,
        **_where("channel = 'sms' and sent_at is not null"),
    )
    op.create_index("notices_to_gather", "notices", ["address"], unique=False, **_where("state = 'pending'"))
    op.create_index("notices_to_send", "notices", ["not_before"], unique=False, **_where("state = 'pending'"))
    _table(
        "outbox",
        sa.Column("pk", NUMBER, nullable=False),
        sa.Column("created_at", NUMBER, nullable=False),
        sa.Column("held_at", NUMBER, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("pk"),
        sqlite_autoincrement=True,
    )
    _table(
        "refreshes",
        sa.Column("pk", NUMBER, nullable=False),
        sa.Column("due_at", NUMBER, nullable=False),
        sa.Column("ticket_pks", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("pk"),
    )
    op.create_index("refreshes_due", "refreshes", ["due_at"], unique=False)
    _table(
        "problems",
        sa.Column("pk", NUMBER, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("asset_pk", NUMBER, nullable=False),
        sa.Column("check_code", sa.Text, nullable=False),
        sa.Column("locator", sa.Text, nullable=False),
        sa.Column("ticket_pk", NUMBER, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("first_seen_at", NUMBER, nullable=False),
        sa.Column("last_seen_at", NUMBER, nullable=False),
        sa.Column("count", NUMBER, nullable=False),
        sa.Column("seen_by_json", sa.Text, nullable=False),
        sa.Column("facts_json", sa.Text, nullable=False),
        sa.Column("suspicion_json", sa.Text),
        sa.Column("gone_at", NUMBER),
        sa.Column("gone_by_json", sa.Text),
        sa.Column("current", FLAG, nullable=False),
        sa.PrimaryKeyConstraint("pk"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index("problems_by_asset", "problems", ["asset_pk", "check_code"], unique=False, **_where("current"))
    op.create_index("problems_by_key", "problems", ["key"], unique=True, **_where("current"))
    op.create_index("problems_by_ticket", "problems", ["ticket_pk", "ordinal"], unique=False)
    _table(
        "registry",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("document", sa.Text),
        sa.Column("version", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("kind", "id"),
    )
    _table(
        "runs",
        sa.Column("asset_pk", NUMBER, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("counted", NUMBER, nullable=False),
        sa.Column("by_check_json", sa.Text, nullable=False),
        sa.Column("message_json", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("evidence_at", NUMBER),
        sa.Column("settle_at", NUMBER),
        sa.Column("settle_by", NUMBER),
        sa.Column("accepted_by", sa.Text),
        sa.PrimaryKeyConstraint("asset_pk", "source", "run_id"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index("runs_held", "runs", ["asset_pk"], unique=False, **_where("state = 'held'"))
    op.create_index("runs_to_settle", "runs", ["settle_at"], unique=False, **_where("settle_at is not null"))
    _table(
        "source",
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("partition", NUMBER, nullable=False),
        sa.Column("next_offset", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition"),
    )
    _table(
        "tickets",
        sa.Column("pk", NUMBER, autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.Text, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("asset_pk", NUMBER, nullable=False),
        sa.Column("unit_id", sa.Text),
        sa.Column("check_code", sa.Text, nullable=False),
        sa.Column("group_key", sa.LargeBinary),
        sa.Column("cause", sa.Text),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("opened_at", NUMBER, nullable=False),
        sa.Column("running_since", NUMBER, nullable=False),
        sa.Column("opened_by", sa.Text),
        sa.Column("due_at", NUMBER, nullable=False),
        sa.Column("deadline_json", sa.Text, nullable=False),
        sa.Column("guarded", FLAG, nullable=False),
        sa.Column("rung", sa.Text),
        sa.Column("plan_json", sa.Text, nullable=False),
        sa.Column("next_review_at", NUMBER),
        sa.Column("problem_count", NUMBER, nullable=False),
        sa.Column("open_problem_count", NUMBER, nullable=False),
        sa.Column("occurrences", NUMBER, nullable=False),
        sa.Column("first_seen_at", NUMBER, nullable=False),
        sa.Column("last_seen_at", NUMBER, nullable=False),
        sa.Column("reminder_count", NUMBER, nullable=False),
        sa.Column("reopen_count", NUMBER, nullable=False),
        sa.Column("extension_count", NUMBER, nullable=False),
        sa.Column("cycle", NUMBER, nullable=False),
        sa.Column("recurrence_of", sa.Text),
        sa.Column("acknowledged_at", NUMBER),
        sa.Column("acknowledgement_expires_at", NUMBER),
        sa.Column("waived_until", NUMBER),
        sa.Column("recheck_outcome", sa.Text),
        sa.Column("closed_at", NUMBER),
        sa.Column("evidence_at", NUMBER),
        sa.Column("close_reason", sa.Text),
        sa.Column("merged_into", sa.Text),
        sa.Column("seen_runs_json", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("pk"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index("tickets_by_asset", "tickets", ["asset_pk", "opened_by"], unique=False)
    op.create_index("tickets_by_due", "tickets", ["status", "due_at"], unique=False)
    op.create_index(
        "tickets_by_unit", "tickets", ["unit_id"], unique=False, **_where("unit_id is not null and closed_at is null")
    )
    op.create_index("tickets_by_group", "tickets", ["group_key"], unique=True, **_where("group_key is not null"))
    op.create_index("tickets_by_id", "tickets", ["ticket_id"], unique=True)
    op.create_index(
        "tickets_to_review", "tickets", ["next_review_at"], unique=False, **_where("next_review_at is not null")
    )

    if op.get_bind().dialect.name == "postgresql":
        op.execute("create sequence ticket_numbers increment by 1000")  # numbers.BLOCK
        op.execute("alter table outbox alter column payload set storage external")  # no time for compression
        # Rows come and go by the second; what is left of them must be swept up as fast.
        op.execute(
            "alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, "
            "toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 10000)"
        )
