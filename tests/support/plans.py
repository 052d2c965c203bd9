"""How a database reads what people ask for: every statement that it is asked, with its plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from streams.ledger import Ledger


@contextmanager
def plans_of(ledger: Ledger) -> Iterator[list[str]]:
    """The plan of each statement that the ledger reads meanwhile, in order."""
    connector = ledger._connector
    found: list[str] = []

    async def explained(sql: str, args: Any, within: float | None = None) -> Any:
        word = "explain" if ledger.dialect == "postgresql" else "explain query plan"
        found.append("\n".join(str(row[-1]) for row in await real(f"{word} {sql}", args)))
        return await real(sql, args, within)

    real: Callable[..., Any] = connector.read
    connector.read = explained  # type: ignore[method-assign]
    try:
        yield found
    finally:
        connector.read = real  # type: ignore[method-assign]


def scans(plan: str, table: str) -> bool:
    """Whether all of a table is read."""
    lines = [line.strip() for line in plan.splitlines()]
    return f"Seq Scan on {table}" in plan or f"SCAN {table}" in lines
