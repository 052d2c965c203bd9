"""When a run began to arrive, and its earliest finding: what it has itself reported it never proves absent (C-49)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add to what is there."""
    for name in ("begun_at", "first_seen_at"):
        op.add_column("runs", sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
