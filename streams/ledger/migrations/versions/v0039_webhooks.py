"""What is to be posted to webhooks."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _must(name: str, kind: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Add the table; an index of what waits, and one of what was given up."""
    op.create_table(
        "webhook_posts",
        sa.Column("pk", _NUMBER, primary_key=True),
        _must("webhook"),
        _must("event_id"),
        _must("body"),
        _must("created_at", _NUMBER),
        sa.Column("due_at", _NUMBER),
        _must("attempts", _NUMBER),
        sa.Column("code", sa.Text),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    for name, condition in (("waiting", "due_at is not null"), ("given_up", "due_at is null")):
        where = sa.text(condition)
        op.create_index(
            f"webhook_posts_{name}", "webhook_posts", ["webhook", "pk"], sqlite_where=where, postgresql_where=where
        )
