"""Migrations, oldest first in versions/; `streams.ledger.migrations.schema.upgrade` runs them."""
