"""The pages' own store: what people typed, which files came, who may come to the desk and what they did there.

Nothing here decides anything about a ticket.

On PostgreSQL the schema `pages` of the ledger's database; beside a SQLite ledger the file `pages.db`, so that nobody
who opens a page waits for the worker's lock. The ledger itself is only read.
"""
