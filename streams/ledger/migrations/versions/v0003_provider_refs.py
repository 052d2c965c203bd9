"""What providers call our short messages, until their end is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add to what is there; nothing is rewritten."""
    op.create_table(
        "provider_refs",
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("delivery_id", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("sent_at", NUMBER, nullable=False),
        sa.Column("next_ask_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("provider", "ref"),
        sqlite_strict=True,
    )
    op.create_index("provider_refs_to_ask", "provider_refs", ["next_ask_at"])
    op.create_index("provider_refs_by_delivery", "provider_refs", ["delivery_id"])
