"""Notices are looked for by channel: one that has nothing to send does not read what waits for the others."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Replace three indexes; nothing is rewritten."""
    pending = _where("state = 'pending'")
    for name, columns, where in (
        ("notices_to_send", ["channel", "not_before"], pending),
        ("notices_urgent", ["channel", "not_before"], _where("state = 'pending' and exempt")),
        ("notices_to_gather", ["address", "channel", "not_before"], pending),
    ):
        op.drop_index(name, "notices")
        op.create_index(name, "notices", columns, **where)
