"""When producers' runs come, and who of them is silent (R-41)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INDEXES = (
    ("producer_rhythms_to_review", "review_at", "review_at is not null"),
    ("producer_rhythms_silent", "source", "silent_at is not null"),
)


def upgrade() -> None:
    """Add to what is there; a producer's rhythm is learnt from its next runs."""
    op.create_table(
        "producer_rhythms",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("asset_pk", _NUMBER, nullable=False),
        sa.Column("last_run_at", _NUMBER, nullable=False),
        sa.Column("pauses_json", sa.Text, nullable=False),
        sa.Column("review_at", _NUMBER),
        sa.Column("silent_at", _NUMBER),
        sa.PrimaryKeyConstraint("source"),
        sqlite_strict=True,
        postgresql_with={"fillfactor": 80},
    )
    for name, column, condition in _INDEXES:
        where = sa.text(condition)
        op.create_index(name, "producer_rhythms", [column], sqlite_where=where, postgresql_where=where)
