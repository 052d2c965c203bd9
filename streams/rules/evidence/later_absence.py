"""Known absence: whoever has looked and seen nothing, whatever arrives first (rules C-41, D-9).

C-41 What counts is when something was observed: a problem is gone as of the earliest absence that is not older than its
     last sighting and that its own reporter, or whoever was asked or is trusted, has observed (C-3, C-50). So a
     sighting that arrives after such an absence changes the record and the proof only: it is no relapse, it takes
     nothing back, and what it opens closes at once. An absence that arrives after a later one and is older than that
     takes its place as the proof. Where the problem flaps (C-32), a late sighting is a relapse all
     the same.
A run that finds nothing of what is gone writes nothing: the runs are kept, and looked at when such a sighting comes
(the docket holds the asset's latest). Rechecks are kept with the problem (`later` of its memory), a few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import orjson

from streams.rules.evidence.verification import flapping
from streams.rules.state.changes import Draft
from streams.rules.state.records import Problem, RunRecord
from streams.rules.state.sightings import may_have_seen, sources
from streams.rules.state.text import to_json

HEARD: Final = 4  # rechecks kept beside the proof
EVIDENCE: Final = 2_048  # characters of a recheck's evidence that are kept beside the proof
REASONS: Final = {"run": "run_absent", "recheck": "recheck_absent"}  # by the kind of proof
_KEPT: Final = ("back", "later")  # what a problem remembers beside its proof


class Absence(NamedTuple):
    """As of when somebody saw nothing, and the proof as the problem keeps it."""

    at: datetime
    proof: dict[str, Any]

    @property
    def rank(self) -> tuple[datetime, str, str, str]:
        """By time; at one moment the same one comes first, whatever has arrived first."""
        name = self.proof.get("run_id") or self.proof.get("request_id") or ""
        return self.at, self.proof["kind"], self.proof.get("source") or "", name


def run_proof(draft: Draft, known: RunRecord) -> dict[str, Any]:
    """What the silence of a run proves, as it is kept."""
    run = draft.lookups.said(known, known.message_json or "").run
    return {
        "kind": "run",
        "source": run.source,
        "run_id": run.run_id,
        "finished_at": draft.stamp(run.finished_at),
        "accepted_by": known.accepted_by,
        "observed_at": draft.stamp(run.started_at or run.finished_at),
    }


def said(proof: Mapping[str, Any]) -> dict[str, Any]:
    """The proof as it is published: that somebody vouches for a stranger's answer is a matter of the memory."""
    return {name: value for name, value in proof.items() if name != "vouched"}


def earliest(draft: Draft, seen: Problem, since: datetime) -> Absence | None:
    """The earliest absence that is known beside the proof and not older than `since`."""
    return next(iter(absences(draft, seen, since)), None)


def absences(draft: Draft, seen: Problem, since: datetime) -> list[Absence]:
    """Those that are known beside the proof and not older than `since`, earliest first.

    `seen` has the sighting at hand counted already, so that its own run does not speak against it.
    """
    if seen.gone_by_json is None and seen.asset_pk not in draft.lookups.judged:
        return []  # as of nearly every new problem
    if not _suffices(draft, seen, since):
        return []
    found = [one for one in (*_heard(seen), *_silences(draft, seen, since)) if one.at >= since]
    return sorted(found, key=lambda one: one.rank)


def silent(draft: Draft, known: RunRecord, problem: Problem) -> bool:
    """C-3: whether the run has looked there, has not seen it, and is entitled to say that nothing is there."""
    if known.message_json is None:
        return False
    said = draft.lookups.said(known, known.message_json)
    if not said.covers(problem.check, problem.locator) or may_have_seen(problem, known):
        return False
    return known.source in sources(problem.seen_by_json) or said.names(problem.locator)


def last_certain(gone: Problem) -> datetime:
    """The last sighting of a gone problem that its proof answers: what waits for confirmation came after it."""
    return gone.last_seen_at if gone.gone_at is None else min(gone.last_seen_at, gone.gone_at)


def with_heard(problem: Problem, proof: Mapping[str, Any]) -> Problem:
    """The problem with a recheck that is not its proof; of those that come too many the first and the latest stay."""
    memory = _memory(problem)
    if len(to_json(proof.get("evidence"))) > EVIDENCE:
        proof = {**proof, "evidence": None}
    others = [one for one in heard(memory) if _same(one) != _same(proof)]
    noted = sorted([*others, dict(proof)], key=lambda one: (_at(one), one.get("source") or ""))
    kept = noted if len(noted) <= HEARD else [*noted[: HEARD - 1], noted[-1]]
    return problem._replace(gone_by_json=to_json({"kind": "noted", **memory, "later": kept}))


def heard(memory: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The absences that are kept beside the proof."""
    later: list[dict[str, Any]] | dict[str, Any] = memory.get("later") or []
    return [later] if isinstance(later, dict) else later  # one: of an earlier version


def reproved(draft: Draft, gone: Problem, other: Absence, *, keep: bool) -> None:
    """Another absence is the proof of a problem that is gone; `keep`: the one before may be of use again."""
    memory = _memory(gone)
    before = {name: value for name, value in memory.items() if name not in _KEPT}
    rest = [one for one in heard(memory) if _same(one) != _same(other.proof)]
    kept = {
        **other.proof,
        **({"back": memory["back"]} if "back" in memory else {}),
        **({"later": rest} if rest else {}),
    }
    problem = gone._replace(gone_at=other.at, gone_by_json=to_json(kept))
    if keep and before.get("kind") == "recheck":
        problem = with_heard(problem, before)
    draft.put_problem(problem)
    draft.recount(problem.ticket_pk)
    ticket = draft.tickets[problem.ticket_pk]
    if ticket.close_reason not in (None, *REASONS.values()) or ticket.evidence_at is None:
        return  # a person has closed it
    mine = [one for one in draft.problems_of(ticket) if one.status == "gone" and one.gone_at is not None]
    evidence_at = max(one.gone_at for one in mine if one.gone_at is not None)
    if len(mine) < ticket.problem_count:
        evidence_at = max(evidence_at, ticket.evidence_at)  # not all of them are at hand
    reason = ticket.close_reason
    if reason is not None and evidence_at == other.at:
        reason = REASONS[other.proof["kind"]]
    ticket = draft.put_ticket(ticket._replace(evidence_at=evidence_at, close_reason=reason))
    draft.event(
        "problem_gone",
        "C-41",
        "other_proof",
        f"一处问题消除的依据更正，自 {draft.day_of(other.at)} 起未再检出",
        ticket,
        dedup_key=f"{problem.fingerprint}\x1f{other.at.isoformat()}",
        fingerprint=problem.fingerprint,
        locator=problem.locator,
        proof=said(other.proof),
    )


def overtaken(draft: Draft, gone: Problem, seen: Problem, since: datetime, *, holds: bool) -> bool:
    """Whether an absence is known that is not older than `since`; it is the proof of `seen` from now on (C-41).

    `gone` as it was before the sighting; `holds`: whether its proof still does.
    """
    other = earliest(draft, seen, since)
    now = proof_of(gone) if holds and gone.gone_at is not None and gone.gone_at >= since else None
    if now is not None and (other is None or now.rank <= other.rank):
        draft.put_problem(seen)
        draft.recount(seen.ticket_pk)
        return True
    if other is None:
        return False
    reproved(draft, seen, other, keep=holds)
    return True


def improved(draft: Draft, gone: Problem, other: Absence) -> bool:
    """An absence that arrives late and is the earlier proof; whether it is."""
    now = proof_of(gone)
    if now is None or other.at < last_certain(gone) or other.rank >= now.rank or not _suffices(draft, gone, other.at):
        return False
    reproved(draft, gone, other, keep=True)
    return True


def proof_of(gone: Problem) -> Absence | None:
    """The proof of a problem that is gone by an observation; None: by a person, or by a count."""
    memory = _memory(gone)
    if gone.gone_at is None or memory.get("kind") not in REASONS:
        return None
    return Absence(gone.gone_at.astimezone(UTC), {k: v for k, v in memory.items() if k not in _KEPT})


def _suffices(draft: Draft, problem: Problem, at: datetime) -> bool:
    return flapping(draft, problem, at) is None


def _heard(problem: Problem) -> Iterator[Absence]:
    for one in heard(_memory(problem)):
        own = (one.get("source") or "") in sources(problem.seen_by_json)
        if one["kind"] == "recheck" and (own or one.get("vouched")):
            yield Absence(_at(one), one)


def _silences(draft: Draft, problem: Problem, since: datetime) -> Iterator[Absence]:
    for known in draft.lookups.runs_of(problem.asset_pk):
        since_then = known.state == "settled" and known.evidence_at is not None and known.evidence_at >= since
        if since_then and known.evidence_at is not None and silent(draft, known, problem):
            yield Absence(known.evidence_at.astimezone(UTC), run_proof(draft, known))


def _memory(problem: Problem) -> dict[str, Any]:
    memory: dict[str, Any] = orjson.loads(problem.gone_by_json) if problem.gone_by_json else {}
    return memory


def _same(proof: Mapping[str, Any]) -> tuple[object, ...]:
    return proof["kind"], _at(proof), proof.get("source"), proof.get("run_id"), proof.get("request_id")


def _at(proof: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(proof["observed_at"]).astimezone(UTC)
