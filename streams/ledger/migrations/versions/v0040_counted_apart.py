"""A run to judge loads what it may close, and counts the rest; of that it counts apart what was claimed, and causes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """An index of few rows."""
    where = sa.text("closed_at is null and (status = 'claimed' or cause is not null)")
    op.create_index("tickets_counted_apart", "tickets", ["asset_pk"], sqlite_where=where, postgresql_where=where)
