"""Commands parse options, call a service and print: what is computed for them a page can compute too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
VALUES: Final = {
    "streams.ledger": {"Ledger", "LedgerError", "LedgerUnavailable"},
    "streams.ledger.errors": {"CopyError", "LedgerError", "LedgerUnavailable"},
    "streams.ledger.reading.notices": {"NoticeRow"},
    "streams.rules.deadlines.recounting": {"Effects"},
    "streams.rules.state.records": {"Problem", "Ticket"},
    "streams.rules.state.workdays": {"Calendar"},
}
"""Types of what services return and raise, by module."""
OWN_DOORS: Final = {"database", "terminal"}
"""The folder that keeps the database in order, which no page does; the one that every command stands on."""


def imported() -> Iterator[tuple[str, str, str]]:
    """File, module and name of what commands import from the ledger and the rules."""
    for path in sorted((ROOT / "streams/cli").rglob("*.py")):
        if path.parent.name in OWN_DOORS:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("streams.ledger", "streams.rules")):
                yield from ((path.name, str(node.module), alias.name) for alias in node.names)


def test_commands_take_values_alone_from_the_ledger_and_the_rules() -> None:
    """No query and no decision is called by a command."""
    assert [found for found in imported() if found[2] not in VALUES.get(found[1], ())] == []
