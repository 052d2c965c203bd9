"""An exploding check (rule G-3): one run finds more than 50 problems of one check on one asset.

From the 51st on they share one ticket, and the tickets that this run opened for the check and that nobody has touched
join the oldest of them. The emptied tickets are closed as `merged`; their unsent notices fall away.
The group belongs to asset and check, whichever run made it first, so two runs at once end in the same ticket.

G-6  Order of arrival never changes the grouping. So it is the 51st problem of the run that gathers, whatever it is:
     also one that is known already, or has a cause of its own.
"""

from __future__ import annotations

from typing import Any

from schemas.finding import Finding
from streams.rules.state.changes import Changes
from streams.rules.state.records import AssetRecord, Ticket
from streams.rules.state.seen_runs import run_key
from streams.rules.tickets.asks import end
from streams.rules.tickets.grouping import explosion_key


def explodes(changes: Changes, asset: AssetRecord, finding: Finding) -> bool:
    """Whether the finding's run has found more than the limit of its check on the asset."""
    if finding.run_id is None:
        return False
    tally = changes.tallies[(asset.pk, finding.source or "", finding.run_id)]
    return tally.distinct.get(finding.check, 0) > changes.policy.limits.explosion.findings


def gather(changes: Changes, asset: AssetRecord, finding: Finding) -> None:
    """At the first problem beyond the limit: what the run opened before becomes the check's group (G-6)."""
    if not changes.policy.rule(finding.check).grouped:
        return
    key = explosion_key(asset.asset_id, finding.check)
    run = run_key(finding.source or "", finding.run_id or "")
    single = sorted(
        (
            ticket
            for ticket in changes.lookups.opened_by(asset.pk, finding.check, run)
            if _untouched(ticket) and not changes.asks.of(ticket.pk)
        ),
        key=lambda ticket: (ticket.opened_at, ticket.pk),
    )
    if not single:
        return
    if key not in changes.groups:
        oldest = single.pop(0)
        changes.put_ticket(oldest._replace(group_key=key, cause=f"run:{finding.run_id}"))
        changes.groups[key] = oldest.pk
    emptied = {ticket.pk for ticket in single}
    changes.change_set.notices = [notice for notice in changes.change_set.notices if notice.ticket_pk not in emptied]
    for ticket in single:
        merge(changes, ticket, changes.tickets[changes.groups[key]], "G-3", "exploding_check")


def _untouched(ticket: Ticket) -> bool:
    return (
        ticket.status == "open"
        and ticket.cause is None
        and ticket.problem_count == 1  # a person has not merged others into it
        and ticket.cycle == 0
        and ticket.extension_count == 0
    )


def merge(changes: Changes, ticket: Ticket, into: Ticket, rule: str, reason: str, **body: Any) -> Ticket:
    """Moves a ticket's problems, all loaded, into another one of the same asset and check; closes the emptied one."""
    moved = changes.problems_of(ticket)
    for place, problem in enumerate(moved, start=into.problem_count + 1):
        changes.members[ticket.pk].pop(problem.key)
        changes.put_problem(problem._replace(ticket_pk=into.pk, ordinal=place))
    into = changes.put_ticket(
        into._replace(
            problem_count=into.problem_count + len(moved),
            open_problem_count=into.open_problem_count + sum(problem.status == "open" for problem in moved),
        )
    )
    emptied = changes.put_ticket(
        ticket._replace(
            status="closed",
            group_key=None,
            next_review_at=None,
            problem_count=0,
            open_problem_count=0,
            closed_at=changes.at,
            close_reason="merged",
            merged_into=into.ticket_id,
        )
    )
    changes.recount(into.pk)
    changes.recount(emptied.pk)
    changes.change_set.withdrawn.append(ticket.pk)
    changes.event(
        "closed",
        rule,
        "merged",
        f"并入整改单 {into.ticket_id}",
        emptied,
        why=reason,
        merged_into=into.ticket_id,
        **body,
    )
    end(changes, emptied, "merged")
    return into
