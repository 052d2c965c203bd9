"""Problems while a batch is decided: by identity and by ticket, with what their tickets' counts are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from streams.rules.state.lookups import Lookups
from streams.rules.state.open_requests import OpenRequests
from streams.rules.state.past import UNPROVEN, costs_else, is_otherwise, past_of
from streams.rules.state.places import places_of
from streams.rules.state.records import Problem, Ticket
from streams.rules.state.sightings import says_else
from streams.rules.state.snapshot import ChangeSet, Renamed, Snapshot, Totals

if TYPE_CHECKING:
    from datetime import datetime

    from schemas.policy import Policy


def changed(problems: Iterable[Problem], before: Mapping[bytes, Problem], policy: Policy) -> Iterator[Problem]:
    """Of the problems saved now, those that open, end or say something else, so that their asset is counted again."""
    counted = policy.counted
    for problem in problems:
        if problem.check not in counted:
            continue
        old = before.get(problem.key)
        was_open = old is not None and old.status == "open"
        is_open = problem.status == "open" and problem.current
        if was_open is not is_open or (old is not None and is_open and says_else(old, problem)):
            yield problem


class ProblemChanges:
    """What the snapshot holds of problems, changed so far."""

    at: datetime  # the domain's clock
    policy: Policy

    def __init__(self, snapshot: Snapshot, policy: Policy) -> None:
        self.problems, self.tickets, self.runs = dict(snapshot.problems), dict(snapshot.tickets), dict(snapshot.runs)
        self.requests = OpenRequests(snapshot.requests)  # open recheck requests
        self.lookups = Lookups(places_of(policy), self.runs, self.problems, self.tickets)
        self.renamed = dict(snapshot.renamed)  # what former keys are now (rule D-14)
        self.change_set = ChangeSet()
        self._snapshot = snapshot
        self._before = snapshot.problems  # by key: the rows as they were
        self._absorbed: list[Problem] = []  # as they were, too
        self._problems: dict[bytes, Problem] = {}
        self._retired: defaultdict[int, list[Problem]] = defaultdict(list)  # by ticket

    @cached_property
    def members(self) -> defaultdict[int, dict[bytes, None]]:
        """The keys of the loaded problems by ticket; repeats, which touch no ticket, never ask for them."""
        members: defaultdict[int, dict[bytes, None]] = defaultdict(dict)
        for key, problem in self.problems.items():
            members[problem.ticket_pk][key] = None
        return members

    def put_problem(self, problem: Problem) -> None:
        """Replaces the current problem of this identity."""
        before = self.problems.get(problem.key)
        if before is not None and is_otherwise(before, problem):
            self._remember(before, problem)
        self.problems[problem.key] = self._problems[problem.key] = problem
        if "members" in self.__dict__:
            self.members[problem.ticket_pk][problem.key] = None

    def _remember(self, before: Problem, problem: Problem) -> None:
        """S-5; what came in this very batch, nobody could have known before."""
        if before.pk or before.status not in ("open", *UNPROVEN):
            self.change_set.past_problems.append(past_of(before, problem, self.at, self.policy))

    def remember_costs(self) -> None:
        """S-5: problems whose evidence says something else to the score by now."""
        for key, problem in self._problems.items():
            before = self._before.get(key)
            if before is not None and before.pk == problem.pk and costs_else(before, problem, self.policy):
                self._remember(before, problem)

    def retire(self, problem: Problem) -> None:
        """Lets go of a problem's row: a new row with the same identity follows (rule C-6)."""
        retired = problem._replace(current=False)
        if retired.pk or retired.ticket_pk:  # what was only suspected in this batch leaves nothing
            self._retired[problem.ticket_pk].append(retired)
        self.members[problem.ticket_pk].pop(problem.key, None)
        self.lookups.moved.append(problem.key)

    def rename(self, problem: Problem, key: bytes, fingerprint: str) -> Problem:
        """Gives a problem's row another identity (rule D-14)."""
        before = self._before.get(problem.key)
        self._forget(problem)
        if before is not None:
            if self._before is self._snapshot.problems:
                self._before = dict(self._before)
            self._before[key] = before
        self.change_set.renamed.append(Renamed(problem.asset_pk, problem.key, key, fingerprint, problem.pk))
        self.requests.rename(problem.key, key)
        self.renamed[problem.key] = key
        problem = problem._replace(key=key, fingerprint=fingerprint)
        self.put_problem(problem)
        return problem

    def absorb(self, problem: Problem, ended: Problem, key: bytes, fingerprint: str) -> None:
        """Ends a problem's row (as it then stands), whose identity is that of another one by now (rule D-14)."""
        self._forget(problem)
        if is_otherwise(problem, ended):
            self._remember(problem, ended)
        if (before := self._before.get(problem.key)) is not None:
            self._absorbed.append(before)
        self._retired[ended.ticket_pk].append(ended._replace(current=False))
        if problem.key != key:
            self.change_set.renamed.append(Renamed(problem.asset_pk, problem.key, key, fingerprint, 0))
            self.requests.rename(problem.key, key)
            self.renamed[problem.key] = key

    def _forget(self, problem: Problem) -> None:
        self.problems.pop(problem.key, None)
        self._problems.pop(problem.key, None)
        self.members[problem.ticket_pk].pop(problem.key, None)
        self.lookups.renamed()

    def totals(self, ticket: Ticket) -> Totals:
        """What the ticket's problems add up to now, with those that have recurred in another one (C-6)."""
        members = [self.problems[key] for key in self.members[ticket.pk]]
        known = self._snapshot.totals.get(ticket.pk)
        if known is None and self._retired:
            members += self._retired.get(ticket.pk, ())
        occurrences = sum([problem.count for problem in members])
        first = min([problem.first_seen_at for problem in members], default=ticket.first_seen_at)
        last = max([problem.last_seen_at for problem in members], default=ticket.last_seen_at)
        if known is None:
            return Totals(occurrences, first, last)
        counted = sum(
            old.count
            for key in self.members[ticket.pk]
            if (old := self._before.get(key)) and (old.pk, old.ticket_pk) == (self.problems[key].pk, ticket.pk)
        ) + sum(old.count for old in self._absorbed if old.ticket_pk == ticket.pk)
        return Totals(
            known.occurrences + occurrences - counted, min(first, known.first_seen_at), max(last, known.last_seen_at)
        )

    def problems_of(self, ticket: Ticket) -> list[Problem]:
        """The loaded problems of a ticket, by ordinal."""
        found = [self.problems[key] for key in self.members[ticket.pk] if self.problems[key].ticket_pk == ticket.pk]
        return found if len(found) < 2 else sorted(found, key=lambda problem: problem.ordinal)  # noqa: PLR2004
