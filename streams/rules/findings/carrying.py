"""Carrying over 沿用: problems whose fingerprint was made otherwise keep their tickets (rule D-14).

D-14  A problem whose fingerprint another recipe has made (D-4), or a pack with other `places` and discriminators, takes
      the one that it has now, with its ticket, its counts, its proof and what is asked of it: when a finding is known
      by the former key, and page after page until none is left. Whoever names the former fingerprint still means it.
      Two that are one by now: the open one stays, otherwise the judged one, otherwise that of the latest proof; of
      equals the older. The other one's row ends; if nothing else is open in its ticket, that is closed as `merged`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from streams.rules.state.identity import ProblemIdentity
from streams.rules.state.outcomes import OtherOutcome
from streams.rules.state.places import places_of
from streams.rules.state.records import AssetRecord, Problem, Ticket
from streams.rules.state.sightings import with_all_runs
from streams.rules.state.snapshot import Needs, Snapshot
from streams.rules.tickets.asks import end
from streams.rules.tickets.grouping import group_key
from streams.rules.tickets.tickets import OPEN

if TYPE_CHECKING:
    from schemas.policy import Policy
    from streams.rules.state.changes import Changes

RULE: Final = "D-14"
_JUDGED: Final = ("dismissed", "waived")


def needs_of_page(page: Iterable[tuple[str, Problem, ProblemIdentity]]) -> Needs:
    """What has these identities, the former and the present ones."""
    needs = Needs()
    for asset_id, problem, identity in page:
        needs.asset_ids.add(asset_id)
        needs.requests.add(asset_id)
        needs.problem_keys.update(((asset_id, problem.key), (asset_id, identity.key)))
    return needs


def more_of_page(snapshot: Snapshot, policy: Policy) -> Needs:
    """The tickets of these problems, and who has their causes by now: in two steps."""
    needs = Needs()
    pks = {problem.ticket_pk for problem in snapshot.problems.values()} - {0}
    needs.ticket_pks.update(pks - snapshot.tickets.keys())
    names = {asset.pk: asset.asset_id for asset in snapshot.assets.values()}
    causes = (_cause_now(policy, ticket) for ticket in snapshot.tickets.values())
    needs.group_keys.update(
        group_key(names[ticket.asset_pk], ticket.check, cause)
        for ticket, cause in zip(snapshot.tickets.values(), causes, strict=True)
        if cause is not None
    )
    return needs


def carried(changes: Changes, asset_id: str, former: Problem, identity: ProblemIdentity) -> OtherOutcome:
    """One problem of a page; the answer names the outcome."""
    problem = changes.problems.get(former.key)
    if problem is None or problem.pk != former.pk:
        return "nothing_to_carry"
    merges = identity.key in changes.problems
    carry(changes, changes.assets[asset_id], problem, identity)
    return "merged" if merges else "carried"


def carry(changes: Changes, asset: AssetRecord, problem: Problem, identity: ProblemIdentity) -> Problem:
    """Gives a problem the identity that it has by now; the problem that has it then."""
    other = changes.problems.get(identity.key)
    _regroup(changes, asset, problem)
    if other is None or other.asset_pk != asset.pk:
        stays = changes.rename(problem, identity.key, identity.fingerprint)
    else:
        stays, leaves = sorted((problem, other), key=_rank)
        stays = _one_of_both(changes, stays, leaves, identity)
    ticket = changes.tickets.get(stays.ticket_pk)
    if ticket is not None and ticket.status in OPEN:
        changes.republish(ticket.pk)  # its document shows the fingerprint
    if stays.status == "open" and stays.check in changes.policy.counted:
        changes.count_again(asset.pk)  # so do the parts of what is derived
    return stays


def _rank(problem: Problem) -> tuple[int, float, float, int]:
    order = 0 if problem.status == "open" else 1 if problem.status in _JUDGED else 2 if problem.gone_at else 3
    proof = -problem.gone_at.timestamp() if order == 2 and problem.gone_at is not None else 0.0  # noqa: PLR2004
    return order, proof, problem.first_seen_at.timestamp(), problem.pk


def _one_of_both(changes: Changes, stays: Problem, leaves: Problem, identity: ProblemIdentity) -> Problem:
    before = stays
    newest = leaves if leaves.last_seen_at > stays.last_seen_at else stays
    ends = leaves.status == "open"  # then so is what stays
    counts = ends or not leaves.ticket_pk  # what an ended ticket has counted stays with it
    stays = stays._replace(
        first_seen_at=min(stays.first_seen_at, leaves.first_seen_at),
        last_seen_at=newest.last_seen_at,
        count=stays.count + (leaves.count if counts else 0),
        seen_by_json=with_all_runs(stays.seen_by_json, leaves.seen_by_json, changes.hour),
        facts_json=newest.whole_facts,
        suspicion_json=stays.suspicion_json or (leaves.suspicion_json if stays.status == "gone" else None),
    )
    ended = leaves._replace(count=0, ticket_pk=stays.ticket_pk) if counts else leaves
    changes.absorb(leaves, ended, identity.key, identity.fingerprint)
    if before.key == identity.key:
        changes.put_problem(stays)
    else:
        stays = changes.rename(stays, identity.key, identity.fingerprint)
    if ends:
        _leave(changes, stays, leaves)
    return stays


def _leave(changes: Changes, stays: Problem, leaves: Problem) -> None:
    """The ticket of a problem that ends: one place less, and closed when none is left open in it."""
    ticket, into = changes.tickets[leaves.ticket_pk], changes.tickets[stays.ticket_pk]
    ticket = ticket._replace(problem_count=ticket.problem_count - 1, open_problem_count=ticket.open_problem_count - 1)
    if ticket.pk != into.pk and ticket.open_problem_count <= 0:
        ticket = changes.put_ticket(
            ticket._replace(
                status="closed", group_key=None, next_review_at=None, open_problem_count=0, closed_at=changes.at,
                close_reason="merged", merged_into=into.ticket_id,
            )
        )  # fmt: skip
        changes.change_set.withdrawn.append(ticket.pk)
        changes.event(
            "closed", RULE, "merged", f"与整改单 {into.ticket_id} 系同一处问题，并入", ticket,
            why="same_place", merged_into=into.ticket_id,
        )  # fmt: skip
        end(changes, ticket, "merged")
    else:
        ticket = changes.put_ticket(ticket)
    changes.recount(ticket.pk)
    into = changes.tickets[into.pk] if ticket.pk == into.pk else changes.put_ticket(into)
    changes.recount(into.pk)
    changes.event(
        "joined", RULE, "same_place", f"同一处问题的另一种写法并入，共 {into.problem_count} 处", into,
        dedup_key=leaves.fingerprint, fingerprint=stays.fingerprint, locator=leaves.locator,
        problem_count=into.problem_count, merged_from=ticket.ticket_id if ticket.pk != into.pk else None,
    )  # fmt: skip


def _cause_now(policy: Policy, ticket: Ticket) -> str | None:
    """The ticket's cause in the spelling that it has by now; None when it has it, or none."""
    if ticket.cause is None or ticket.cause.startswith("run:"):
        return None
    cause = places_of(policy).cause(ticket.cause)
    return cause if cause != ticket.cause else None


def _regroup(changes: Changes, asset: AssetRecord, problem: Problem) -> None:
    """The cause of its ticket too; where another open ticket has that cause already, nothing new joins this one."""
    ticket = changes.tickets.get(problem.ticket_pk)
    cause = None if ticket is None else _cause_now(changes.policy, ticket)
    if ticket is None or cause is None:
        return
    key = group_key(asset.asset_id, ticket.check, cause)
    if ticket.group_key is not None:
        changes.groups.pop(ticket.group_key, None)
    takes = ticket.group_key is not None and changes.groups.get(key) in (None, ticket.pk)
    if takes:
        changes.groups[key] = ticket.pk
    changes.count_ticket(
        ticket._replace(cause=cause, group_key=key if takes else None, version=changes.next_version(ticket))
    )
