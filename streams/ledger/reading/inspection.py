"""Looking at the database without changing anything: for `rectify doctor` and `rectify db check`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from streams.ledger.engines.connect import connect
from streams.ledger.engines.port import Dialect
from streams.ledger.errors import LedgerError
from streams.ledger.migrations.schema import check_connected

_SERVER: Final[dict[Dialect, str]] = {
    "sqlite": "select sqlite_version()",
    "postgresql": "select current_setting('server_version')",
}
_SOUND: Final = "ok"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a database says of itself."""

    dialect: Dialect
    server: str  # version
    clock: datetime | None  # the server's; None where there is none of its own
    cluster_id: str | None  # the Kafka cluster that it belongs to, once a worker has run


async def inspect(url: str) -> Inspection:
    """Asks the database; raises LedgerError when it is older or newer, LedgerUnavailable when out of reach."""
    connector = await connect(url)
    try:
        await check_connected(connector)
        ((server,),) = await connector.read(_SERVER[connector.dialect], ())
        clock = None
        if connector.dialect == "postgresql":
            ((seconds,),) = await connector.read("select extract(epoch from clock_timestamp())::float8", ())
            clock = datetime.fromtimestamp(seconds, UTC)
        bound = await connector.read("select value from meta where key = 'cluster_id'", ())
        return Inspection(connector.dialect, str(server), clock, bound[0][0] if bound else None)
    finally:
        await connector.close()


async def read_through(url: str) -> None:
    """Reads a SQLite file from end to end; raises LedgerError with its first fault. PostgreSQL sees to itself."""
    connector = await connect(url)
    try:
        if connector.dialect == "sqlite":
            ((said,),) = await connector.read("pragma quick_check(1)", ())
            if said != _SOUND:
                msg = f"the database is corrupt: {' '.join(str(said).split())}"
                raise LedgerError(msg)
    finally:
        await connector.close()
