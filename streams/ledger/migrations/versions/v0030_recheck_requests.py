"""Open recheck requests stand under their own name: an ask 申请 is what a unit wants of its supervising unit."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Rename the table, its index and the moment at which they were made."""
    op.drop_index("asks_to_review", "asks")
    op.rename_table("asks", "recheck_requests")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("alter index asks_pkey rename to recheck_requests_pkey")
    op.execute("alter table recheck_requests rename column asked_at to requested_at")
    op.create_index("recheck_requests_to_review", "recheck_requests", ["review_at"])
