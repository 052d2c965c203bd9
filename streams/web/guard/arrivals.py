"""Who has come of late: so that somebody whom a proxy names at every request arrives once."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

_AWAY: Final = timedelta(minutes=30)  # as long as a session is idle
_NAMES: Final = 20_000  # those that have not come for longest are forgotten


class Arrivals:
    """In the memory of this process."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, datetime] = OrderedDict()

    def is_new(self, name: str, now: datetime) -> bool:
        """Whether the name has not come for half an hour; it comes now. `now`: real time."""
        last = self._last.pop(name, None)
        self._last[name] = now
        if len(self._last) > _NAMES:
            self._last.popitem(last=False)
        return last is None or now - last > _AWAY
