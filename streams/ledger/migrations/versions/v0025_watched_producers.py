"""What is counted of producers since a message of theirs was refused, beside the partition's offset (I-8)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add to what is there."""
    op.add_column("source", sa.Column("refused_json", sa.Text()))
