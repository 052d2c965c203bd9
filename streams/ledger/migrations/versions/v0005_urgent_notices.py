"""Notices that go before all others are found without reading those."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Add an index; nothing is rewritten."""
    op.create_index("notices_urgent", "notices", ["not_before"], **_where("state = 'pending' and exempt"))
