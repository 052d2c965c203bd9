"""A site with an owner, findings on its pages that may have a cause in common, and the tickets that they are in."""

from __future__ import annotations

from typing import Any

from streams.rules.state.records import Ticket
from tests.support.world import World

AT = "2026-03-02T10:00:00+08:00"
CONTACTS = [{"name": "李值守", "email": "duty@kjj.gov.cn"}]
TARGET = {"target": "https://old.gov.cn/img/logo.png"}
TEMPLATE = {"template": "/templates/article.html"}


def world(at: str = "2026-03-02 10:00") -> World:
    """A site with an owner who can be told."""
    made = World(at)
    made.unit("kjj", "市科技局", contacts=CONTACTS)
    made.asset("site", "市科技局网站", unit_id="kjj")
    return made


def findings(numbers: range, evidence: dict[str, Any], check: str = "link.dead", **fields: Any) -> list[dict[str, Any]]:
    """One finding a page."""
    return [
        {
            "asset_id": "site",
            "check": check,
            "locator": f"https://a.gov.cn/{i}",
            "observed_at": AT,
            "source": "crawler",
            "run_id": "r1",
            "evidence": evidence,
            **fields,
        }
        for i in numbers
    ]


def opened(made: World) -> list[Ticket]:
    """The open tickets, oldest first."""
    return [ticket for ticket in made.tickets.values() if ticket.status in ("open", "acknowledged", "claimed")]


def place(made: World, ticket: Ticket) -> list[str]:
    """Where the ticket's problems are, by their number."""
    mine = sorted((p for p in made.problems if p.ticket_pk == ticket.pk), key=lambda p: p.ordinal)
    assert [p.ordinal for p in mine] == list(range(1, len(mine) + 1))
    return [p.locator.rpartition("/")[2] for p in mine]


def fingerprints(made: World, *numbers: int) -> list[str]:
    """The fingerprints of the problems on these pages."""
    return [p.fingerprint for n in numbers for p in made.problems if p.locator == f"https://a.gov.cn/{n}"]
