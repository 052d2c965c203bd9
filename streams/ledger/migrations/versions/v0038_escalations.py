"""An index of escalations by time: what feeds show."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """It holds few rows of the history. Nothing is rewritten."""
    where = sa.text("type = 'escalated'")
    op.create_index("history_of_escalations", "history", ["at", "pk"], sqlite_where=where, postgresql_where=where)
