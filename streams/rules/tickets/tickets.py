"""A ticket's life: opened, joined, reopened, closed (rules T-1, T-2, T-4 to T-6, C-1, C-5, C-43).

T-1  A new problem opens a ticket, or joins the open ticket of its cause; the deadline is frozen at opening.
T-2  Whatever changes a ticket raises its version by one; mere counters are published with its next change, or within
     a day of real time.
T-4  A problem that joins never moves the deadline.
T-5  Reopened: half of the original amount from the sighting, and the ladder starts again.
C-43 What recurs (C-6) names its former ticket and who had reported it then, also where it joins another ticket.
T-6  Taken back (a late finding of the run that closed it): as if never closed, with the deadline it had, acknowledged
     as it was; what was claimed goes back to work, since it is still there (R-7).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from schemas.finding import Finding
from schemas.ladder import OPENED
from streams.rules.deadlines.begun_anew import of_first_load, said_anew
from streams.rules.deadlines.deadlines import reopened_deadline
from streams.rules.deadlines.ladder import plan
from streams.rules.deadlines.lines import with_lines
from streams.rules.deadlines.opening import opening
from streams.rules.deadlines.timeliness import how_timely
from streams.rules.notices.notices import notices
from streams.rules.notices.warning import adopt
from streams.rules.state.changes import Changes
from streams.rules.state.numbering import ticket_number
from streams.rules.state.owners import owner_now
from streams.rules.state.records import AssetRecord, Former, Problem, Ticket
from streams.rules.state.seen_runs import SeenRuns, reopened, run_key, with_run, write
from streams.rules.state.sightings import DERIVER
from streams.rules.state.terms import Deadline, deadline_of, due_words, plan_json, steps_of, with_deadline
from streams.rules.tickets.asks import end
from streams.rules.tickets.grouping import regained

OPEN = frozenset(("open", "acknowledged", "claimed"))


def open_ticket(
    changes: Changes,
    asset: AssetRecord,
    problem: Problem,
    finding: Finding,
    cause: str | None,
    group: bytes | None,
) -> Problem:
    """Opens a ticket for a problem and gives it its place in it (T-1)."""
    rule = changes.policy.rule(finding.check)
    terms = opening(changes, asset, rule, finding, problem.last_seen_at)
    run = run_key(finding.source or "", finding.run_id) if finding.run_id else None
    pk = changes.ticket_pk()
    former = changes.recurrences.pop(problem.key, None)
    recurrence = former.ticket_id if former else None
    ticket = Ticket(
        pk=pk,
        ticket_id=ticket_number(changes, finding.observed_at, asset.asset_id, problem.key, recurrence),
        version=1,
        asset_pk=asset.pk,
        unit_id=asset.unit_id,
        check=finding.check,
        group_key=group,
        cause=cause,
        severity=finding.severity or rule.severity,
        status="open",
        opened_at=changes.at,
        running_since=changes.at,
        opened_by=run,
        counted_from=(finding.received_at or problem.last_seen_at).astimezone(UTC),
        due_at=terms.due_at,
        due_unit=terms.due_unit,
        provisional=terms.provisional,
        deadline_json=terms.deadline_json,
        guarded=terms.guarded,
        rung=None,
        plan_json=terms.plan_json,
        next_review_at=terms.next_review_at,
        problem_count=1,
        open_problem_count=1,
        occurrences=problem.count,
        first_seen_at=problem.first_seen_at,
        last_seen_at=problem.last_seen_at,
        recurrence_of=recurrence,
        seen_runs_json=write(SeenRuns((run,) if run else ())),
    )
    if group is not None:
        changes.groups[group] = pk
    changes.add_ticket(ticket)
    past = adopt(changes, problem, pk) if problem.suspicion_json else {}
    problem = problem._replace(ticket_pk=pk, ordinal=1, status="open", suspicion_json=None)
    changes.put_problem(problem)
    counted = finding.source == DERIVER
    changes.event(
        "opened",
        "V-2" if counted else "T-1",
        "recurrence" if recurrence else "line_reached" if counted else "new_problem",
        f"{rule.name}，整改时限 {due_words(ticket, changes.zone)}{terms.anew}",
        ticket,
        due_at=changes.stamp(ticket.due_at),
        severity=ticket.severity,
        fingerprint=problem.fingerprint,
        locator=problem.locator,
        cause=cause,
        recurrence_of=recurrence,
        **terms.anew_fields,
        **_reported_before(former),
        **past,
    )
    if asset.unit_id is not None:
        changes.notify(notices(changes, ticket, "opened"))
    return problem


def join_ticket(changes: Changes, problem: Problem, pk: int, reason: str) -> Problem:
    """A new problem of the same cause joins an open ticket (T-4)."""
    ticket = changes.tickets[pk]
    ordinal = ticket.problem_count + 1
    ticket = changes.put_ticket(
        ticket._replace(
            problem_count=ordinal,
            open_problem_count=ticket.open_problem_count + 1,
        )
    )
    former = changes.recurrences.pop(problem.key, None)
    past = adopt(changes, problem, pk) if problem.suspicion_json else {}
    if former is not None:
        past = {"recurrence_of": former.ticket_id, **_reported_before(former), **past}
    problem = problem._replace(ticket_pk=pk, ordinal=ordinal, status="open", suspicion_json=None)
    changes.put_problem(problem)
    changes.recount(pk)
    changes.event(
        "joined",
        "G-1",
        reason,
        f"同一成因的问题并入整改单，共 {ordinal} 处",
        ticket,
        dedup_key=problem.fingerprint,
        fingerprint=problem.fingerprint,
        locator=problem.locator,
        problem_count=ordinal,
        **past,
    )
    return problem


def _reported_before(former: Former | None) -> dict[str, Any]:
    """C-43: who had reported the problem when it was in its former ticket."""
    return {"reported_before": list(former.sources)} if former else {}


def restart(changes: Changes, ticket: Ticket, frozen: Deadline, start: datetime) -> Ticket:
    """The ticket, open again under this deadline from `start`, its ladder anew; not yet put into the changes."""
    ladder = plan(changes.policy, frozen, changes.at, changes.calendar, changes.zone)[1:]
    steps = with_lines(changes, ticket.check, frozen, start, ladder, changes.at)
    return with_deadline(ticket, frozen)._replace(
        status="open",
        group_key=regained(changes, ticket),
        running_since=changes.at,
        counted_from=start,
        plan_json=plan_json(steps),
        next_review_at=steps[0].at if steps else None,
        rung=None,
        cycle=ticket.cycle + 1,
        acknowledged_at=None,
        acknowledgement_expires_at=None,
        waived_until=None,
        recheck_outcome=None,
        closed_at=None,
        evidence_at=None,
        close_reason=None,
        seen_runs_json=reopened(ticket.seen_runs_json),
        awaits_sighting=False,
    )


def reopen(
    changes: Changes, ticket: Ticket, seen_at: datetime, rule: str, reason: str, *,
    finding: Finding | None = None, words: str = "问题再次出现", told: bool = True, times: int | None = None,
    **body: Any,
) -> Ticket:  # fmt: skip
    """Opens a closed or dismissed ticket again after a sighting (`finding`, if it was one) or by command (T-5, C-5).

    `times`: of a flapping problem, how often it has come back; `told` says whether people hear of it (C-32).
    """
    asset, owned = changes.asset_of(ticket), ticket.unit_id is not None
    frozen = reopened_deadline(changes.policy, deadline_of(ticket), seen_at, changes.calendar, changes.zone)
    frozen = of_first_load(changes, finding, frozen)
    anew, fields = said_anew(changes, frozen, "首次入库")
    ticket = restart(changes, ticket, frozen, seen_at.astimezone(UTC))._replace(
        reopen_count=ticket.reopen_count + 1, unit_id=owner_now(changes.registry, asset, ticket)
    )
    if times is not None:
        body["flapping"] = times
        words = f"问题时好时坏（第 {times} 次复现）"
    if finding is not None:
        body |= {"source": finding.source, "run_id": finding.run_id}
        runs = (
            with_run(ticket.seen_runs_json, run_key(finding.source or "", finding.run_id)) if finding.run_id else None
        )
        ticket = ticket._replace(seen_runs_json=runs or ticket.seen_runs_json)
    ticket = changes.put_ticket(ticket)
    changes.event(
        "reopened",
        rule,
        reason,
        f"{words}，整改单重新打开，时限 {due_words(ticket, changes.zone)}{anew}",
        ticket,
        due_at=changes.stamp(ticket.due_at),
        reopen_count=ticket.reopen_count,
        **fields,
        **body,
    )
    if told:
        changes.notify(notices(changes, ticket, "reopened" if owned else OPENED))
    return ticket


def take_back(changes: Changes, ticket: Ticket, source: str | None, run_id: str | None) -> Ticket:
    """Undoes a closing that a late finding of the very run disproves (T-6)."""
    moments = [step.at for step in steps_of(ticket)[:1]]
    if ticket.acknowledgement_expires_at is not None:
        moments.append(ticket.acknowledgement_expires_at)
    ticket = changes.put_ticket(
        ticket._replace(
            status="open" if ticket.acknowledged_at is None else "acknowledged",
            group_key=regained(changes, ticket),
            next_review_at=min(moments, default=None),
            cycle=ticket.cycle + 1,
            closed_at=None,
            evidence_at=None,
            close_reason=None,
        )
    )
    changes.event(
        "reopened",
        "T-6",
        "late_finding",
        "同一次巡检的检出晚到，销号撤回",
        ticket,
        source=source,
        run_id=run_id,
    )
    return ticket


def close(
    changes: Changes, ticket: Ticket, rule: str, reason: str, evidence_at: datetime, *, sentence: str, **body: Any
) -> Ticket:
    """Closes a ticket (C-1): its ladder stops, what has not been sent falls away; the policy may tell of it (C-39)."""
    ticket = changes.put_ticket(
        ticket._replace(
            status="closed",
            group_key=None,
            next_review_at=None,
            closed_at=changes.at,
            evidence_at=evidence_at,
            close_reason=reason,
        )
    )
    changes.change_set.withdrawn.append(ticket.pk)
    changes.event(
        "closed",
        rule,
        reason,
        sentence,
        ticket,
        evidence_at=changes.stamp(evidence_at),
        **how_timely(changes, ticket, evidence_at),
        **body,
    )
    end(changes, ticket, "ticket_closed")
    if changes.policy.sending.closed.mail and reason != "merged" and ticket.opened_at < changes.at:
        changes.notify(notices(changes, ticket, "closed"))
    return ticket
