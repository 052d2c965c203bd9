"""Notices know their inbox: the spellings of one mailbox are one person (rule N-52)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schemas.addresses import inbox

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column, fill it, and have the two indexes of addresses follow it."""
    op.add_column("notices", sa.Column("inbox", sa.Text))
    op.execute("update notices set inbox = case when channel = 'email' then lower(address) else address end")
    mails = op.get_bind().execute(sa.text("select distinct address from notices where channel = 'email'"))
    others = [(address, one) for (address,) in mails if (one := inbox("email", address)) != address.lower()]
    for address, one in others:
        statement = sa.text("update notices set inbox = :one where channel = 'email' and address = :address")
        op.execute(statement.bindparams(one=one, address=address))
    for name, columns, condition in (
        ("notices_to_gather", ["inbox", "channel", "not_before"], "state = 'pending'"),
        ("notices_sent", ["inbox", "sent_at"], "sent_at is not null"),
    ):
        where = sa.text(condition)
        op.drop_index(name, "notices")
        op.create_index(name, "notices", columns, sqlite_where=where, postgresql_where=where)
