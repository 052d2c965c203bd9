"""What was known before it changed: figures of a day that is over stand still.

Of before, the best is made: problems as if recorded when they were first seen, looks from runs and sightings.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DAY = 86_400_000_000
_CHINA = 8 * 3_600_000_000  # where its days begin; ordinal 719163 is 1970-01-01
_LOOKS = """insert into looks (asset_pk, day, recorded_at)
    select asset_pk, (at + {china}) / {day} + 719163, min(at) from (
        select asset_pk, evidence_at as at from runs where evidence_at is not null and state <> 'failed'
        union all select asset_pk, first_seen_at from problems
        union all select asset_pk, last_seen_at from problems
    ) as looked group by 1, 2"""


def _must(name: str, kind: Any = _NUMBER) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Add the tables, and when a problem's row was made."""
    text = sa.Text()
    op.add_column("problems", sa.Column("recorded_at", _NUMBER, nullable=False, server_default="0"))
    op.execute("update problems set recorded_at = first_seen_at")
    retired = sa.text("not current")
    op.create_index("problems_retired", "problems", ["asset_pk"], sqlite_where=retired, postgresql_where=retired)
    op.create_table(
        "past_problems",
        sa.Column("pk", _NUMBER, primary_key=True),
        _must("asset_pk"),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        _must("until"),
        _must("check_code", text),
        _must("locator", text),
        _must("ticket_pk"),
        _must("status", text),
        _must("first_seen_at"),
        sa.Column("gone_at", _NUMBER),
        sa.Column("back_at", _NUMBER),
        _must("evidence_json", text),
        sqlite_strict=True,
    )
    op.create_index("past_problems_by_asset", "past_problems", ["asset_pk"])
    op.create_table(
        "past_records",
        sa.Column("pk", _NUMBER, primary_key=True),
        _must("kind", text),
        _must("record_id", text),
        _must("until"),
        sa.Column("document", text),
        sqlite_strict=True,
    )
    op.create_index("past_records_by_id", "past_records", ["kind", "record_id"])
    op.create_table(
        "looks",
        _must("asset_pk"),
        _must("day"),
        _must("recorded_at"),
        sa.PrimaryKeyConstraint("asset_pk", "day"),
        sqlite_strict=True,
    )
    op.execute(_LOOKS.format(china=_CHINA, day=_DAY))
    op.create_table(
        "ticket_facts",
        sa.Column("pk", _NUMBER, primary_key=True),
        _must("ticket_pk"),
        _must("at"),
        _must("type", text),
        _must("body_json", text),
        sqlite_strict=True,
    )
    op.create_index("ticket_facts_by_ticket", "ticket_facts", ["ticket_pk", "pk"])
    op.create_table(
        "packs",
        sa.Column("pk", _NUMBER, primary_key=True),
        _must("recorded_at"),
        _must("ref", text),
        _must("document", text),
        sqlite_strict=True,
    )
