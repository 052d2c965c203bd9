"""Recheck requests: the open ones, one for each problem, and which producer has looked at which check."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add tables; what was asked before is not known, and is asked again by the next claim."""
    op.create_table(
        "asks",
        sa.Column("asset_pk", _NUMBER, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("ticket_pk", _NUMBER, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("asked_at", _NUMBER, nullable=False),
        sa.Column("not_before", _NUMBER, nullable=False),
        sa.Column("sent", _NUMBER, nullable=False),
        sa.Column("expires_at", _NUMBER, nullable=False),
        sa.Column("review_at", _NUMBER, nullable=False),
        sa.Column("unanswered_at", _NUMBER),
        sa.Column("not_by", sa.Text),
        sa.PrimaryKeyConstraint("asset_pk", "key"),
        sqlite_strict=True,
        postgresql_with={"fillfactor": 80},
    )
    op.create_index("asks_to_review", "asks", ["review_at"])
    op.create_table(
        "abilities",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("check_code", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("source", "check_code"),
        sqlite_strict=True,
    )
