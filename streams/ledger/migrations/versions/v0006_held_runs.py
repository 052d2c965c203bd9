"""Held runs: the sample that was asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0002"


def upgrade() -> None:
    """Add to what is there; nothing is rewritten."""
    op.add_column("runs", sa.Column("sample_json", sa.Text))
