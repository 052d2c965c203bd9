"""Alembic's entry: runs the migrations on the connection that `migrating.migrate` hands over."""

from __future__ import annotations

from alembic import context

from streams.ledger import notice_tables, past_tables, request_tables, tables  # noqa: F401 - they belong to the metadata
from streams.ledger.columns import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
