"""Judged runs: an index for the sightings that come late (rule C-41)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add to what is there."""
    judged = sa.text("state = 'settled' and evidence_at is not null")
    op.create_index(
        "runs_judged", "runs", ["asset_pk", "evidence_at"], sqlite_where=judged, postgresql_where=judged
    )
