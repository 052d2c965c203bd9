"""The versions of the database, as the files of the migrations are numbered."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

MIGRATIONS: Final = Path(__file__).parent


@cache
def revisions() -> tuple[str, ...]:
    """Every version that this program knows, the oldest first.

    Read from the names (`v0001_initial.py` is 0001), as every command asks, and alembic takes long to load.
    """
    return tuple(sorted(path.name[1:5] for path in (MIGRATIONS / "versions").glob("v[0-9]*_*.py")))


def newest() -> str:
    """The version that this program works with."""
    return revisions()[-1]
