"""Migrations, oldest first in versions/; `streams.ledger.schema.upgrade` runs them."""
