"""Derived problems: vetoes 单项否决 that single findings add up to (rules V-1, V-3).

V-1  An asset's problems are counted again when one of a counted check opens, ends or changes its evidence, when a
     message grows too old, and with each failed probe; soon after, in a transaction of its own (`assets.derive_at`).
V-3  Below the line again it is gone, and only so: no run and no recheck proves a count wrong. A person may close it.
What is counted: counting.py (V-2, V-6), probes.py (V-4, V-5). A derived problem goes the way of any other: dedup.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import orjson

from schemas.derivation import Derivation, Probing
from schemas.finding import Finding
from schemas.policy import Policy
from streams.rules.evidence.probes import pace, window, window_days
from streams.rules.evidence.proving import gone
from streams.rules.findings.dedup import record
from streams.rules.intake.fingerprint import identify
from streams.rules.scoring.counting import CountedProblem, counted, entry, next_crossing
from streams.rules.state.changes import Changes
from streams.rules.state.ending import CountProof
from streams.rules.state.identity import ProblemIdentity
from streams.rules.state.inputs import Observation
from streams.rules.state.outcomes import OtherOutcome
from streams.rules.state.records import AssetRecord, Problem
from streams.rules.state.sightings import DERIVER, is_derived
from streams.rules.state.text import to_json

SHOWN_PARTS: Final = 50
_VERDICTS: Final = ("dismissed", "waived")


class Counting(NamedTuple):
    """What must be loaded of an asset so that it can be counted."""

    checks: tuple[str, ...]  # all their open problems
    codes: tuple[str, ...]  # the derived problems themselves
    probing: Probing | None  # the longest window of probes

    def keys(self, asset_id: str) -> list[bytes]:
        """The derived problems of an asset."""
        return [identity_of(asset_id, code).key for code in self.codes]

    def days(self, at: datetime) -> range:
        """The days whose probes count."""
        return window_days(self.probing, at) if self.probing is not None else range(0)


class CountResult(NamedTuple):
    """What one count says: whether the line is reached, and the evidence that people see."""

    reached: bool
    words: str
    evidence: dict[str, Any]
    reached_at: datetime | None = None  # when, as far as what was read tells it


def counting(policy: Policy) -> Counting:
    """What this policy counts."""
    longest = max(policy.probed.values(), key=lambda probing: probing.days, default=None)
    return Counting(tuple(sorted(policy.counted)), tuple(policy.derived), longest)


def identity_of(asset_id: str, code: str) -> ProblemIdentity:
    """A derived problem is one of the asset as a whole."""
    return identify(asset_id, code, "")


def derive(changes: Changes, asset: AssetRecord) -> OtherOutcome:
    """Counts an asset (V-1); the snapshot holds what `counting` asks for. The answer names the outcome."""
    entries = [
        entry(problem)
        for problem in changes.problems.values()
        if problem.asset_pk == asset.pk and problem.status == "open" and problem.check in changes.policy.counted
    ]
    again = []
    outcome: OtherOutcome = "counted"
    for code, rule in changes.policy.derived.items():
        result, crossing = _result(changes, asset, rule, entries)
        if result is not None and _conclude(changes, asset, code, result):
            outcome = "derived"
        if crossing is not None:
            again.append(crossing)
    changes.put_asset(asset._replace(derive_at=min(again, default=None)))
    return outcome


def _result(
    changes: Changes, asset: AssetRecord, rule: Derivation, entries: Sequence[CountedProblem]
) -> tuple[CountResult | None, datetime | None]:
    """What the count says (None: nothing is proved either way), and when time alone may change that."""
    if rule.asset_kind is not None and asset.kind is not None and asset.kind != rule.asset_kind:
        return CountResult(reached=False, words="", evidence={}), None
    if rule.probing is not None:
        return _by_probes(changes, asset, rule.probing)
    crossing = next_crossing(rule, entries, changes.at, changes.zone)
    return _by_count(changes, rule, entries), crossing.astimezone(UTC) if crossing is not None else None


def _by_count(changes: Changes, rule: Derivation, entries: Sequence[CountedProblem]) -> CountResult:
    count = counted(rule, entries, changes.at, changes.zone)
    return CountResult(
        count.number >= count.line,
        f"累计 {count.number} 处，达到 {count.line} 处即单项否决",
        {
            "count": count.number,
            "line": count.line,
            "basis": count.basis,
            "part_count": len(count.parts),
            "parts": [_part(changes, item) for item in count.parts[:SHOWN_PARTS]],
        },
        count.reached_at,
    )


def _part(changes: Changes, item: CountedProblem) -> dict[str, Any]:
    problem = item.problem
    return {
        "ticket_id": changes.ticket_ids.get(problem.ticket_pk),
        "fingerprint": problem.fingerprint,
        "check": problem.check,
        "locator": problem.locator,
        "since": changes.stamp(item.since),
    }


def _by_probes(changes: Changes, asset: AssetRecord, probing: Probing) -> tuple[CountResult | None, datetime | None]:
    seen = window(probing, (day for (pk, _), day in changes.probes.items() if pk == asset.pk))
    again = changes.at + pace(probing) if seen.failed else None
    if not seen.enough:
        return None, again
    where = identity_of(asset.asset_id, probing.check)
    result = CountResult(
        seen.failed / seen.probes >= probing.share,  # a product would miss 7 of 140 by a rounding
        f"{probing.days} 天内访问 {seen.probes} 次，{seen.failed} 次打不开，达到 {probing.share:.0%} 即单项否决",
        {
            "probes": seen.probes,
            "failed": seen.failed,
            "share": probing.share,
            "days": probing.days,
            "basis": probing.basis,
            "part_count": 1,
            "parts": [{"fingerprint": where.fingerprint, "check": probing.check, "locator": ""}],
        },
        seen.failed_at,
    )
    return result, again


def _conclude(changes: Changes, asset: AssetRecord, code: str, result: CountResult) -> bool:
    """What the result makes of the derived problem; whether anything changed."""
    known = changes.problems.get(identity_of(asset.asset_id, code).key)
    is_open = known is not None and known.status == "open"
    if not result.reached:
        if known is None or not is_open or not is_derived(known.seen_by_json):
            return False
        proof = CountProof(_without_parts(result.evidence), changes.stamp(changes.at))
        gone(
            changes,
            known,
            changes.at,
            proof,
            rule="V-3",
            reason="below_the_line",
            words="累计已低于单项否决线",
        )
        return True
    observation = _sighting(changes, asset, code, result)
    if known is not None and known.status in (*_VERDICTS, "open") and known.whole_facts == observation.facts_json:
        return False
    if known is not None and is_open:
        _update(changes, known, observation)
    else:
        changes.reached_at = result.reached_at
        record(changes, observation)
        changes.reached_at = None
    return True


def _sighting(changes: Changes, asset: AssetRecord, code: str, result: CountResult) -> Observation:
    finding = Finding(
        asset_id=asset.asset_id,
        check=code,
        observed_at=changes.at,
        source=DERIVER,
        detail=result.words,
        evidence=result.evidence,
    )
    facts = to_json({"evidence": result.evidence, "detail": result.words, "source": DERIVER})
    return Observation(finding, identity_of(asset.asset_id, code), facts, changes.at)


def _update(changes: Changes, problem: Problem, observation: Observation) -> None:
    """The parts have changed: the ticket shows them as they are now."""
    changes.put_problem(
        problem._replace(
            last_seen_at=changes.at, facts_json=observation.facts_json, seen_by_json=_seen_by_us(problem.seen_by_json)
        )
    )
    changes.put_ticket(changes.tickets[problem.ticket_pk])


def _seen_by_us(seen_by_json: str) -> str:
    seen = orjson.loads(seen_by_json)
    return seen_by_json if DERIVER in seen else to_json({**seen, DERIVER: []})


def _without_parts(evidence: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in evidence.items() if key != "parts"}
