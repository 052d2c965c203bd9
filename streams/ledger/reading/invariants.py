"""The invariants of the ledger (rule O-12), asked of the tables: the list of rules/tickets/invariants.py."""

from __future__ import annotations

from typing import Final

from streams.ledger.engines.connect import connect
from streams.ledger.engines.port import Connector
from streams.rules.tickets.invariants import Violation

SHOWN: Final = 20  # of each kind

_STATUS: Final = "status in ('open', 'acknowledged', 'claimed')"
_COUNTED: Final = (
    "select ticket_id from tickets left join (select ticket_pk, count(*) as still_open from problems "
    "where current and status = 'open' group by ticket_pk) as open_ones on ticket_pk = pk where {} order by pk"
)
_TICKETS: Final = "select ticket_id from tickets where {} order by pk"
QUERIES: Final = {
    "open_without_a_problem": _COUNTED.format(f"{_STATUS} and still_open is null"),
    "closed_with_an_open_problem": _COUNTED.format(f"not {_STATUS} and still_open is not null"),
    "open_problems_miscounted": _COUNTED.format("open_problem_count <> coalesce(still_open, 0)"),
    "impossible_counters": _TICKETS.format(
        "open_problem_count < 0 or open_problem_count > problem_count or occurrences < 0 or reopen_count < 0 "
        "or reminder_count < 0 or extension_count < 0"
    ),
    "expiry_without_acknowledgement": _TICKETS.format(
        "acknowledgement_expires_at is not null and status in ('open', 'claimed')"
    ),
    "closed_without_a_time": _TICKETS.format(f"({_STATUS}) = (closed_at is not null)"),
    "waived_without_a_verdict": _TICKETS.format("waived_until is not null and status <> 'dismissed'"),
    "cause_of_a_closed_ticket": _TICKETS.format(f"group_key is not null and not {_STATUS}"),
    "ask_of_an_ended_ticket": (
        f"select distinct ticket_id from asks join tickets on pk = ticket_pk where not {_STATUS} order by ticket_id"  # noqa: S608
    ),
    "problem_neither_here_nor_gone": (
        "select fingerprint from problems where current and case when status in ('suspected', 'warned') "
        "then ticket_pk <> 0 else ticket_pk = 0 or (status = 'gone') <> (gone_at is not null) end order by pk"
    ),
}


async def violations(url: str) -> list[Violation]:
    """What does not hold, the first of each kind; tickets and problems are read through once or twice."""
    connector = await connect(url)
    try:
        return await violations_of(connector)
    finally:
        await connector.close()


async def violations_of(connector: Connector) -> list[Violation]:
    """As `violations`, of a database that is open."""
    return [
        Violation(name, str(of))
        for name, query in QUERIES.items()
        for (of,) in await connector.read(f"{query} limit {SHOWN}", ())
    ]
