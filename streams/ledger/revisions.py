"""The versions of the database, as the migrations number them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from alembic.script import ScriptDirectory

MIGRATIONS: Final = Path(__file__).with_name("migrations")


@cache
def revisions() -> tuple[str, ...]:
    """Every version that this program knows, the oldest first."""
    scripts = ScriptDirectory(str(MIGRATIONS))
    return tuple(reversed([script.revision for script in scripts.walk_revisions()]))


def newest() -> str:
    """The version that this program works with."""
    return revisions()[-1]
