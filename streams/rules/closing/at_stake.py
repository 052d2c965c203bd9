"""At stake 可销号: what a run has looked at, and what of it it would close (rules C-3, C-4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from streams.rules.evidence.later_absence import is_silent
from streams.rules.notices.warning import is_waiting
from streams.rules.state.coverage import ParsedRun
from streams.rules.state.lookups import KnownPlaces, parsed
from streams.rules.state.places import PlaceNormalizer
from streams.rules.state.records import Problem, RunRecord
from streams.rules.state.sightings import is_derived


class AtStake(NamedTuple):
    """Of an asset's problems those that a run has looked for, and those of them that it has not found."""

    covered: list[Problem]
    absent: list[Problem]


def at_stake(said: ParsedRun, known: RunRecord, problems: Iterable[Problem]) -> AtStake:
    """`problems`: of the asset; what waits for a confirmation, and was seen later too, waits for less."""
    evidence_at = said.run.started_at or said.run.finished_at
    covered = [one for one in problems if _covers(said, one)]
    absent = []
    for one in covered:
        waits = one.status != "open" and one.first_seen_at <= evidence_at
        if (waits or one.last_seen_at <= evidence_at) and is_silent(said, known, one):
            absent.append(one)
    return AtStake(covered, absent)


def at_stake_now(known: RunRecord, problems: Iterable[Problem], places: PlaceNormalizer) -> AtStake:
    """Of a run that is held, as it would be judged now: for people who decide about it."""
    if known.message_json is None:
        return AtStake([], [])
    return at_stake(parsed(known.message_json, KnownPlaces(places.one), places.one), known, problems)


def _covers(said: ParsedRun, problem: Problem) -> bool:
    if not (problem.status == "open" or is_waiting(problem)) or is_derived(problem.seen_by_json):  # V-3
        return False
    return said.covers(problem.check, problem.locator)
