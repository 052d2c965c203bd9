"""Former owners: whose an asset was before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add to what is there; nothing is rewritten."""
    op.add_column("assets", sa.Column("former_unit_id", sa.Text))
