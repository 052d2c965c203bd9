"""The pages' own store: what needs no database."""
