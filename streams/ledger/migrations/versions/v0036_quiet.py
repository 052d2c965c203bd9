"""Repeats are said only where that says something (T-3), counters with the next change or within a day (T-2)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

_FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two flags, a number, an index of few rows; what was acknowledged or claimed before waits for a sighting too."""
    op.add_column("refreshes", sa.Column("counters", _FLAG, nullable=False, server_default=sa.false()))
    op.add_column("tickets", sa.Column("awaits_sighting", _FLAG, nullable=False, server_default=sa.false()))
    op.add_column("runs", sa.Column("first_found", _NUMBER, nullable=False, server_default="0"))
    op.execute("update tickets set awaits_sighting = true where status in ('acknowledged', 'claimed')")
    where = sa.text("awaits_sighting and closed_at is null")
    op.create_index("tickets_awaiting", "tickets", ["asset_pk"], sqlite_where=where, postgresql_where=where)
