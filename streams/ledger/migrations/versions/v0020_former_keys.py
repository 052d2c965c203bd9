"""What the identities of problems were before: messages that name them still find their problem (rule D-14)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """A new table; the problems themselves are carried over by workers, or by `rectify db rekey`."""
    op.create_table(
        "former_keys",
        sa.Column("asset_pk", _NUMBER, nullable=False),
        sa.Column("former", sa.LargeBinary, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("asset_pk", "former"),
        sqlite_strict=True,
    )
    op.create_index("former_keys_by_key", "former_keys", ["asset_pk", "key"])
