"""Known absence: whoever has looked and seen nothing, whatever arrives first (rules C-41, D-9).

C-41 What counts is when something was observed: a problem is gone as of the earliest absence that is not older than its
     last sighting and that its own reporter, or whoever was asked or is trusted, has observed (C-3, C-50). So a
     sighting that arrives after such an absence changes the record and the proof only: it is no relapse, it takes
     nothing back, and what it opens closes at once. An absence that arrives after a later one and is older than that
     takes its place as the proof. Where the problem flaps (C-32), a late sighting is a relapse all
     the same.
A run that finds nothing of what is gone writes nothing: the runs are kept, and looked at when such a sighting comes
(the snapshot holds the asset's latest). Rechecks are kept with the problem (`later` of its memory), a few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from streams.rules.evidence.verification import flapping
from streams.rules.state.changes import Changes
from streams.rules.state.coverage import ParsedRun
from streams.rules.state.ending import (
    OBSERVED,
    Gone,
    Observation,
    RecheckProof,
    RunProof,
    Verdict,
    lasting,
    published,
    read,
    write,
)
from streams.rules.state.long_evidence import is_long
from streams.rules.state.records import Problem, RunRecord
from streams.rules.state.sightings import may_have_seen, sources

HEARD: Final = 4  # rechecks kept beside the proof


class Absence(NamedTuple):
    """As of when somebody saw nothing, and the proof as the problem keeps it."""

    at: datetime
    proof: Observation

    @property
    def rank(self) -> tuple[datetime, str, str, str]:
        """By time; at one moment the same one comes first, whatever has arrived first."""
        return self.at, self.proof.reason, self.proof.source or "", self.proof.name


def run_proof(changes: Changes, known: RunRecord) -> RunProof:
    """What the silence of a run proves."""
    run = changes.lookups.said(known, known.message_json or "").run
    observed_at = run.started_at or run.finished_at
    return RunProof(
        run.source, run.run_id, changes.stamp(run.finished_at), known.accepted_by, changes.stamp(observed_at)
    )


def earliest(changes: Changes, seen: Problem, since: datetime) -> Absence | None:
    """The earliest absence that is known beside the proof and not older than `since`."""
    return next(iter(absences(changes, seen, since)), None)


def absences(changes: Changes, seen: Problem, since: datetime) -> list[Absence]:
    """Those that are known beside the proof and not older than `since`, earliest first.

    `seen` has the sighting at hand counted already, so that its own run does not speak against it.
    """
    if seen.gone_by_json is None and seen.asset_pk not in changes.lookups.judged:
        return []  # as of nearly every new problem
    if not _suffices(changes, seen, since):
        return []
    found = [one for one in (*_heard(seen), *_silences(changes, seen, since)) if one.at >= since]
    return sorted(found, key=lambda one: one.rank)


def silent(changes: Changes, known: RunRecord, problem: Problem) -> bool:
    """C-3: whether the run has looked there, has not seen it, and is entitled to say that nothing is there."""
    return known.message_json is not None and is_silent(changes.lookups.said(known, known.message_json), known, problem)


def is_silent(said: ParsedRun, known: RunRecord, problem: Problem) -> bool:
    """The same of a run that has been read."""
    if not said.covers(problem.check, problem.locator) or may_have_seen(problem, known):
        return False
    return known.source in sources(problem.seen_by_json) or said.names(problem.locator)


def last_certain(gone: Problem) -> datetime:
    """The last sighting of a gone problem that its proof answers: what waits for confirmation came after it."""
    return gone.last_seen_at if gone.gone_at is None else min(gone.last_seen_at, gone.gone_at)


def with_heard(problem: Problem, proof: Observation) -> Problem:
    """The problem with a recheck that is not its proof; of those that come too many the first and the latest stay."""
    end = read(problem.gone_by_json)
    if isinstance(end, Verdict):
        return problem
    if isinstance(proof, RecheckProof) and is_long(proof.evidence):
        proof = proof._replace(evidence=None)
    noted = sorted([*_others(end.later, proof), proof], key=lambda one: (one.at, one.source or ""))
    kept = noted if len(noted) <= HEARD else [*noted[: HEARD - 1], noted[-1]]
    return problem._replace(gone_by_json=write(end._replace(later=tuple(kept))))


def reproved(changes: Changes, gone: Problem, other: Absence, *, keep: bool) -> None:
    """Another absence is the proof of a problem that is gone; `keep`: the one before may be of use again."""
    before = read(gone.gone_by_json)
    _, back, later = lasting(gone.gone_by_json)
    now = Gone(other.proof, back=back, later=tuple(_others(later, other.proof)))
    problem = gone._replace(gone_at=other.at, gone_by_json=write(now))
    if keep and isinstance(before, Gone) and isinstance(before.proof, RecheckProof):
        problem = with_heard(problem, _dated(changes, before.proof, gone))
    changes.put_problem(problem)
    changes.recount(problem.ticket_pk)
    ticket = changes.tickets[problem.ticket_pk]
    if ticket.close_reason not in (None, *OBSERVED) or ticket.evidence_at is None:
        return  # a person has closed it
    mine = [one for one in changes.problems_of(ticket) if one.status == "gone" and one.gone_at is not None]
    evidence_at = max(one.gone_at for one in mine if one.gone_at is not None)
    if len(mine) < ticket.problem_count:
        evidence_at = max(evidence_at, ticket.evidence_at)  # not all of them are at hand
    reason = ticket.close_reason
    if reason is not None and evidence_at == other.at:
        reason = other.proof.reason
    ticket = changes.put_ticket(ticket._replace(evidence_at=evidence_at, close_reason=reason))
    changes.event(
        "problem_gone",
        "C-41",
        "other_proof",
        f"一处问题消除的依据更正，自 {changes.day_of(other.at)} 起未再检出",
        ticket,
        dedup_key=f"{problem.fingerprint}\x1f{other.at.isoformat()}",
        fingerprint=problem.fingerprint,
        locator=problem.locator,
        proof=published(other.proof),
    )


def _dated(changes: Changes, proof: RecheckProof, gone: Problem) -> RecheckProof:
    """The earliest versions kept the moment of a recheck with the problem alone."""
    if proof.observed_at or gone.gone_at is None:
        return proof
    return proof._replace(observed_at=changes.stamp(gone.gone_at))


def overtaken(changes: Changes, gone: Problem, seen: Problem, since: datetime, *, holds: bool) -> bool:
    """Whether an absence is known that is not older than `since`; it is the proof of `seen` from now on (C-41).

    `gone` as it was before the sighting; `holds`: whether its proof still does.
    """
    other = earliest(changes, seen, since)
    now = proof_of(gone) if holds and gone.gone_at is not None and gone.gone_at >= since else None
    if now is not None and (other is None or now.rank <= other.rank):
        changes.put_problem(seen)
        changes.recount(seen.ticket_pk)
        return True
    if other is None:
        return False
    reproved(changes, seen, other, keep=holds)
    return True


def improved(changes: Changes, gone: Problem, other: Absence) -> bool:
    """An absence that arrives late and is the earlier proof; whether it is."""
    now = proof_of(gone)
    if now is None or other.at < last_certain(gone) or other.rank >= now.rank or not _suffices(changes, gone, other.at):
        return False
    reproved(changes, gone, other, keep=True)
    return True


def proof_of(gone: Problem) -> Absence | None:
    """The proof of a problem that is gone by an observation; None: by a person, or by a count."""
    end = read(gone.gone_by_json)
    if gone.gone_at is None or not isinstance(end, Gone) or not isinstance(end.proof, RunProof | RecheckProof):
        return None
    return Absence(gone.gone_at.astimezone(UTC), end.proof)


def _suffices(changes: Changes, problem: Problem, at: datetime) -> bool:
    return flapping(changes, problem, at) is None


def _heard(problem: Problem) -> Iterator[Absence]:
    for one in lasting(problem.gone_by_json).later:
        own = (one.source or "") in sources(problem.seen_by_json)
        if isinstance(one, RecheckProof) and (own or one.vouched):
            yield Absence(one.at, one)


def _silences(changes: Changes, problem: Problem, since: datetime) -> Iterator[Absence]:
    for known in changes.lookups.runs_of(problem.asset_pk):
        since_then = known.state == "settled" and known.evidence_at is not None and known.evidence_at >= since
        if since_then and known.evidence_at is not None and silent(changes, known, problem):
            yield Absence(known.evidence_at.astimezone(UTC), run_proof(changes, known))


def _others(observed: Iterable[Observation], proof: Observation) -> Iterator[Observation]:
    """Those that are not the same observation."""
    return (one for one in observed if _same(one) != _same(proof))


def _same(proof: Observation) -> tuple[object, ...]:
    return proof.reason, proof.at, proof.source, proof.name
