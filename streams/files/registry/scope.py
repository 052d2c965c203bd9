"""Which records of a file somebody may import who has some units, and not all. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import orjson

_OWNED_BY: Final = {"asset": "unit_id", "producer": "unit_id"}


class ImportScope:
    """The units of whoever imports, and the new ones of the file that stand below them."""

    def __init__(self, own: Collection[str], registered: Collection[str], records: Iterable[tuple[str, bytes]]) -> None:
        """`own`: the unit and all below it; `registered`: every unit that there is."""
        self._own = set(own)
        waiting = {
            key.partition(":")[2]: orjson.loads(value).get("supervisor_id")
            for key, value in records
            if key.startswith("unit:") and key.partition(":")[2] not in registered
        }
        while found := {unit_id for unit_id, above in waiting.items() if above in self._own}:
            self._own |= found
            for unit_id in found:
                del waiting[unit_id]

    def allows(self, key: str, value: bytes, known: str | None) -> bool:
        """Whether it is of these units, and stays with them; `known`: what is registered under its key."""
        kind, _, record_id = key.partition(":")
        after: dict[str, Any] = orjson.loads(value)
        before: dict[str, Any] = orjson.loads(known) if known is not None else {}
        if kind == "unit":
            changed = (name for name in ("supervisor_id", "replaced_by") if after.get(name) != before.get(name))
            return record_id in self._own and all(after.get(name) in self._own for name in changed)
        owner = _OWNED_BY.get(kind)
        if owner is None:
            return False  # guarded periods hold for everybody
        return (known is None or before.get(owner) in self._own) and after.get(owner) in self._own
