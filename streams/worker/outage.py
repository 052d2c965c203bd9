"""The database's absence as its waiters see it: said once for all of them, however long it lasts."""

from __future__ import annotations

from streams.ledger import LedgerUnavailable
from streams.log_events import event_log

log = event_log(__name__)


class Outage:
    """Who waits for the database. Truthy while somebody does."""

    def __init__(self) -> None:
        self._waiting: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def lost(self, who: str, error: LedgerUnavailable) -> None:
        """`who` waits; the first one to wait says so."""
        if not self._waiting:
            log.warning("database_unavailable", waits=who, error=str(error))
        self._waiting.add(who)

    def found(self, who: str) -> None:
        """`who` waits no more; the last one says so."""
        if who in self._waiting:
            self._waiting.remove(who)
            if not self._waiting:
                log.info("database_available")
