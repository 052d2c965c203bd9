"""Open asks 申请: what units have asked for, and nobody has answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table; nobody could ask before."""
    op.create_table(
        "asks",
        sa.Column("ask_id", sa.Text(), nullable=False),
        sa.Column("ticket_pk", _NUMBER, nullable=False),
        sa.Column("asset_pk", _NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text()),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("progress", sa.Text()),
        sa.Column("due_at", _NUMBER),
        sa.Column("working_days", _NUMBER),
        sa.Column("unit_wanted", sa.Text()),
        sa.Column("asked_at", _NUMBER, nullable=False),
        sa.Column("review_at", _NUMBER),
        sa.Column("unanswered_at", _NUMBER),
        sa.PrimaryKeyConstraint("ticket_pk", "kind"),
        sqlite_strict=True,
    )
    due = sa.text("review_at is not null")
    op.create_index("asks_to_review", "asks", ["review_at"], sqlite_where=due, postgresql_where=due)
    op.create_index("asks_by_asked", "asks", ["asked_at"])
