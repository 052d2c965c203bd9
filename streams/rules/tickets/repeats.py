"""An open ticket whose problem is still there (rule T-3).

T-3  "Seen again" is said of the first run that sees it after somebody acknowledged or claimed it, and in rounds.
"""

from __future__ import annotations

from schemas.finding import Finding
from streams.rules.deadlines.lines import another_round
from streams.rules.state.changes import Changes
from streams.rules.state.records import Ticket
from streams.rules.state.seen_runs import run_key, with_run


def seen_again(changes: Changes, ticket: Ticket, finding: Finding) -> None:
    """Says that a run still sees an open ticket, where that is news (T-3): after somebody's word, and in rounds."""
    in_rounds = changes.policy.rule(ticket.check).in_rounds
    if not (ticket.awaits_sighting or in_rounds):
        return
    run = run_key(finding.source or "", finding.run_id or "")
    runs = with_run(ticket.seen_runs_json, run)
    if runs is None or (ticket.pk, run) in changes.seen_again:  # the ticket may have forgotten it again by now
        return
    changes.seen_again.add((ticket.pk, run))
    ticket = changes.put_ticket(ticket._replace(seen_runs_json=runs, awaits_sighting=False))
    occurrences = changes.totals(ticket).occurrences
    changes.event(
        "seen_again",
        "T-3",
        "still_there",
        f"问题仍然存在，累计检出 {occurrences} 次",
        ticket,
        dedup_key=f"{finding.source}\x1f{finding.run_id}",  # several producers may give their runs the same names
        stored=False,
        source=finding.source,
        run_id=finding.run_id,
        occurrences=occurrences,
    )
    if in_rounds:
        another_round(changes, ticket)
