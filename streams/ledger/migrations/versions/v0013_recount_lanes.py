"""Provisional deadlines are counted again in lanes: a recount that is under way goes on from where it stands."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """One row becomes eight."""
    for lane in range(8):
        op.execute(
            f"insert into meta (key, value) select 'recount_provisional:{lane}', value from meta "  # noqa: S608
            "where key = 'recount_provisional'"
        )
    op.execute("delete from meta where key = 'recount_provisional'")
