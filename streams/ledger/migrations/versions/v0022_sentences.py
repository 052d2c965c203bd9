"""Events keep their sentence without the asset's name: nobody takes a summary apart any more."""

from __future__ import annotations

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_ROWS = 2_000  # at a time


def upgrade() -> None:
    """Add the column, and fill it wherever the summary begins with the name that the asset has now."""
    op.add_column("history", sa.Column("sentence", sa.Text))
    page = sa.text(
        "select history.pk, body_json, name from history left join assets on assets.pk = asset_pk "
        "where history.pk > :last order by history.pk limit :rows"
    )
    fill = sa.text("update history set sentence = :sentence where pk = :pk")
    last = -1
    while rows := op.get_bind().execute(page, {"last": last, "rows": _ROWS}).all():
        last = rows[-1][0]
        found = [
            {"pk": pk, "sentence": summary[len(name) + 1 :]}
            for pk, body, name in rows
            if name is not None and (summary := orjson.loads(body).get("summary") or "").startswith(f"{name}：")
        ]
        if found:
            op.get_bind().execute(fill, found)
