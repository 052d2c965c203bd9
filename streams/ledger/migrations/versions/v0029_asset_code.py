"""Assets are found by their number in the national register 网站标识码, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """A column with its index, filled from the registry's records."""
    postgres = op.get_bind().dialect.name == "postgresql"
    op.add_column("assets", sa.Column("code", sa.Text()))
    code = "document_json::json ->> 'code'" if postgres else "json_extract(document_json, '$.code')"
    op.execute(f"update assets set code = {code} where document_json like '%\"code\"%'")  # noqa: S608 - our own
    present = sa.text("code is not null")
    op.create_index("assets_by_code", "assets", ["code"], postgresql_where=present, sqlite_where=present)
