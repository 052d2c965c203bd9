"""Indexes of the desk's numbers: rungs, rechecks that say nothing, who is not registered, what did not arrive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

_INDEXES = (
    ("tickets_by_unit", "tickets", ("unit_id", "due_at", "pk", "status"), "unit_id is not null and closed_at is null"),
    ("tickets_by_rung", "tickets", ("rung", "due_at", "pk"), "rung is not null and closed_at is null"),
    ("tickets_unverifiable", "tickets", ("status", "pk"), "closed_at is null and recheck_outcome = 'unverifiable'"),
    ("recheck_requests_unanswered", "recheck_requests", ("ticket_pk",), "unanswered_at is not null"),
    ("assets_unregistered", "assets", ("asset_id",), "document_json is null"),
    ("notices_undelivered", "notices", ("updated_at", "notice_id"), "state in ('undelivered', 'dead', 'expired')"),
    (
        "history_of_answers",
        "history",
        ("asset_pk", "pk"),
        "ticket_pk is null and type in ('run_accepted', 'run_rejected', 'command_refused')",
    ),
)


def upgrade() -> None:
    """One is widened; each of the others holds few rows of its table. Nothing is rewritten."""
    op.drop_index("tickets_by_unit", "tickets")
    for name, table, columns, condition in _INDEXES:
        where = sa.text(condition)
        op.create_index(name, table, [*columns], sqlite_where=where, postgresql_where=where)
