"""What identifies the log behind an offset, and marks of the system apart from the ids of commands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MARKS = "command_id like 'guarded:%' or command_id like 'calendar_missing:%'"


def upgrade() -> None:
    """Logs become known at the next start; the marks that were among the commands move."""
    op.add_column("source", sa.Column("log_id", sa.Text))
    op.add_column("source", sa.Column("last_record", sa.Text))
    op.add_column("source", sa.Column("epoch", _NUMBER, nullable=False, server_default="0"))
    op.create_table("marks", sa.Column("mark", sa.Text, primary_key=True), sqlite_strict=True)
    op.execute(f"insert into marks (mark) select command_id from commands where {_MARKS}")  # noqa: S608 - our own
    op.execute(f"delete from commands where {_MARKS}")  # noqa: S608
