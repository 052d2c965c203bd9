"""What `make test` leaves to `make prove`: plays that take long, each with its reason in its marker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

_PIPELINE: Final = "a whole pipeline on the second database: the SQL of both is in integration/ledger and rules"
_SECOND: Final = "on_sqlite"  # a marker that says why one database is enough for `make test`
_BOTH: Final = "on_both"


def mark_second_databases(items: Iterable[pytest.Item]) -> None:
    """Mark as long what is the same on PostgreSQL: whole pipelines and what is `on_sqlite`, unless it is `on_both`."""
    for item in items:
        if _parameter(item) == "postgresql" and (why := _why(item)):
            item.add_marker(pytest.mark.long(why))


def _parameter(item: pytest.Item) -> object:
    call = getattr(item, "callspec", None)
    return call.params.get("database") if call else None


def _why(item: pytest.Item) -> str:
    if item.get_closest_marker(_BOTH):
        return ""
    if marked := item.get_closest_marker(_SECOND):
        return str(marked.args[0])
    return _PIPELINE if "pipeline" in getattr(item, "fixturenames", ()) else ""
