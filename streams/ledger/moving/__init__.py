"""From a SQLite file to PostgreSQL, whole or not at all."""
