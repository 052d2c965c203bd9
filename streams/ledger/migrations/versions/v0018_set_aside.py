"""What is set aside: rows for which due work or sending failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "set_aside",
        sa.Column("pk", _NUMBER, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("due_at", _NUMBER),
        sa.Column("noted_at", _NUMBER, nullable=False),
        sa.Column("attempts", _NUMBER, nullable=False),
        sa.Column("fault", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("set_aside_by_place", "set_aside", ["kind", "place"], unique=True)
