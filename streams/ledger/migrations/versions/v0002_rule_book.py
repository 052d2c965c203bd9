"""Counting: when an asset's problems are to be counted again, its probes, its warnings and suspicions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Add to what is there; nothing is rewritten."""
    op.add_column("assets", sa.Column("derive_at", NUMBER))
    op.create_index("assets_to_derive", "assets", ["derive_at"], **_where("derive_at is not null"))
    op.create_table(
        "probes",
        sa.Column("asset_pk", NUMBER, nullable=False),
        sa.Column("day", NUMBER, nullable=False),
        sa.Column("probed", sa.Text, nullable=False),
        sa.Column("reached", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("asset_pk", "day"),
        sqlite_strict=True,
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "problems_suspected", "problems", ["asset_pk"], **_where("current and status = 'suspected'")
    )
    op.create_index(
        "history_of_warnings", "history", ["asset_pk"], **_where("ticket_pk is null and type = 'warned'")
    )
    op.add_column("notices", sa.Column("subject_json", sa.Text))
