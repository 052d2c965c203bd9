"""Commands that became dead letters, for whoever waits for their answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table; of earlier ones nobody waits any more."""
    op.create_table(
        "refused_commands",
        sa.Column("command_id", sa.Text(), primary_key=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", _NUMBER, nullable=False),
        sqlite_strict=True,
    )
