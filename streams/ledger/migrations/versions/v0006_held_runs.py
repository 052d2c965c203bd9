"""Held runs: the sample that was asked for, and how many pages an asset's last runs looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add to what is there; nothing is rewritten."""
    op.add_column("runs", sa.Column("sample_json", sa.Text))
    op.add_column("assets", sa.Column("run_pages_json", sa.Text))
