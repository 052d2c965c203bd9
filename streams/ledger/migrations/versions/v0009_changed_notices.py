"""The notices that changed last are found without sorting all of them (`rectify notice list`)."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add an index; nothing is rewritten."""
    op.create_index("notices_by_change", "notices", ["updated_at"])
