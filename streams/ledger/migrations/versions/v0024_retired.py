"""What retired options have left: what producers had shown, requests that nobody waits for, `/transferred` in deadlines."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """A request that something else has joined stays open for that; a deadline that was counted anew stays as it is."""
    op.drop_table("abilities")
    op.execute(
        "update asks set reasons = trim(replace(replace(' ' || reasons || ' ', ' near_due ', ' '), ' verify ', ' ')) "
        "where ' ' || reasons || ' ' like '% near_due %' or ' ' || reasons || ' ' like '% verify %'"
    )
    op.execute("delete from asks where reasons = ''")
    op.execute(
        "update tickets set deadline_json = replace(deadline_json, '/transferred', '') "
        "where deadline_json like '{\"rule\":\"%/transferred%'"
    )
