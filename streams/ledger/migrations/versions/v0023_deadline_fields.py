"""What is asked of a deadline all the time is a column: the unit in which it was counted, and whether it is guessed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

_FILL = {
    "sqlite": "update tickets set due_unit = coalesce(json_extract(deadline_json, '$.unit'), due_unit), "
    "provisional = coalesce(json_extract(deadline_json, '$.provisional'), 0)",
    "postgresql": "update tickets set due_unit = coalesce(deadline_json::json ->> 'unit', due_unit), "
    "provisional = coalesce((deadline_json::json ->> 'provisional')::boolean, false)",
}


def upgrade() -> None:
    """Add them, and fill them from what the tickets have kept."""
    dialect = op.get_bind().dialect.name
    flag = sa.Boolean() if dialect == "postgresql" else sa.Integer()
    op.add_column("tickets", sa.Column("due_unit", sa.Text, nullable=False, server_default="working_day"))
    op.add_column("tickets", sa.Column("provisional", flag, nullable=False, server_default=sa.false()))
    op.execute(_FILL[dialect])
