"""The tickets of units that are merged, deleted or new follow page by page: how far they are, and the index for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """One table more; the index of open tickets by unit is in their order."""
    postgres = op.get_bind().dialect.name == "postgresql"
    number, flag = (sa.BigInteger(), sa.Boolean()) if postgres else (sa.Integer(), sa.Integer())
    op.create_table(
        "handovers",
        sa.Column("unit_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("merged", flag, nullable=False),
        sa.Column("introduced", flag, nullable=False),
        sa.Column("asset_pk", number, nullable=False),
        sa.Column("ticket_pk", number, nullable=False),
        sa.Column("last_pk", number, nullable=False),
        sqlite_strict=True,
    )
    open_ = sa.text("unit_id is not null and closed_at is null")
    op.drop_index("tickets_by_unit", "tickets")
    op.create_index(
        "tickets_by_unit", "tickets", ["unit_id", "pk"], sqlite_where=open_, postgresql_where=open_
    )
