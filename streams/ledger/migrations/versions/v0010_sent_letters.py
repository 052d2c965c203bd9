"""Letters to an address since midnight are counted for mails as for short messages (rule N-51)."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Replace the index of short messages by one of all letters; nothing is rewritten."""
    op.drop_index("notices_short_messages", "notices")
    sent = text("sent_at is not null")
    op.create_index("notices_sent", "notices", ["address", "sent_at"], sqlite_where=sent, postgresql_where=sent)
