"""When supervising units are told of the units below them (N-74)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add to what is there; units are enrolled by the next worker."""
    op.create_table(
        "weekly_mails",
        sa.Column("unit_id", sa.Text, nullable=False),
        sa.Column("since", _NUMBER, nullable=False),
        sa.Column("due_at", _NUMBER),
        sa.PrimaryKeyConstraint("unit_id"),
        sqlite_strict=True,
    )
    where = sa.text("due_at is not null")
    op.create_index("weekly_mails_due", "weekly_mails", ["due_at"], sqlite_where=where, postgresql_where=where)
