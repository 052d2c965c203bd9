"""Producers' standings, and which rule holds a run (rule C-45)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add to what is there; runs that are held already keep no rule: their event names it."""
    op.create_table(
        "producer_standings",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("slot_at", _NUMBER, nullable=False),
        sa.Column("staked", _NUMBER, nullable=False),
        sa.Column("absent", _NUMBER, nullable=False),
        sa.Column("held", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("source", "slot_at"),
        sqlite_strict=True,
        postgresql_with={"fillfactor": 80},
    )
    op.add_column("runs", sa.Column("held_by", sa.Text))
