"""The open tickets of an asset with many, whose registry record has changed, follow page by page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """One table more."""
    postgres = op.get_bind().dialect.name == "postgresql"
    number, flag = (sa.BigInteger(), sa.Boolean()) if postgres else (sa.Integer(), sa.Integer())
    op.create_table(
        "followers",
        sa.Column("ticket_pk", number, primary_key=True, autoincrement=False, nullable=False),
        sa.Column("asset_pk", number, nullable=False),
        sa.Column("unit_id", sa.Text()),
        sa.Column("follows", flag, nullable=False),
        sa.Column("moved", flag, nullable=False),
        sqlite_strict=True,
    )
