"""A ticket that is to follow stays noted while it is set aside; whose it was when it was noted does not matter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """One column less, and one more."""
    flag = sa.Boolean() if op.get_bind().dialect.name == "postgresql" else sa.Integer()
    op.drop_column("followers", "unit_id")
    op.add_column("followers", sa.Column("aside", flag, nullable=False, server_default=sa.false()))
