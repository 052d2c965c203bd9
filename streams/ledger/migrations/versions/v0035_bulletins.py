"""Bulletins as they were issued: records that nothing changes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _must(name: str, kind: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "bulletins",
        sa.Column("pk", _NUMBER, primary_key=True),
        _must("bulletin_id"),
        _must("number"),
        _must("issued_on"),
        _must("first_day"),
        _must("last_day"),
        _must("area"),
        _must("recorded_at", _NUMBER),
        _must("document"),
        sa.UniqueConstraint("bulletin_id", name="bulletins_by_id"),
        sqlite_strict=True,
    )
