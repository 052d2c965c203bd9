"""Held runs: what waits for a person, and which of them a person means."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import orjson

from schemas.policy import Policy
from streams.ledger import Ledger
from streams.ledger.reading.queries import held_runs
from streams.ledger.reading.supervision import (
    HeldFilter,
    OpenPlace,
    held_runs_behind,
    open_problems_of_asset,
    run_named,
    runs_of_producer,
)
from streams.rules.closing.at_stake import at_stake_now
from streams.rules.closing.producer_brake import RULE as PRODUCER_BRAKE
from streams.rules.state.places import places_of
from streams.rules.state.records import AssetRecord, RunRecord
from streams.rules.state.sample import Absent, Unanswered, sample_of
from streams.services.failure import Failure


class HeldRun(NamedTuple):
    """A run that would close too much at once, or has looked at too little, and its asset."""

    run: RunRecord
    asset: AssetRecord

    @property
    def asked(self) -> int:
        """Places of its sample that a recheck was asked for."""
        return len(sample_of(self.run))

    @property
    def absent(self) -> int:
        """Those of them that were seen absent."""
        return sum(isinstance(answer, Absent) for answer in sample_of(self.run).values())

    @property
    def waiting(self) -> frozenset[str]:
        """The fingerprints of those that nobody has answered yet."""
        return frozenset(
            answer.fingerprint for answer in sample_of(self.run).values() if isinstance(answer, Unanswered)
        )

    @property
    def pages(self) -> int | None:
        """How many pages the run has looked at; None where its producer does not count them."""
        pages: int | None = orjson.loads(self.run.message_json or "{}").get("pages")
        return pages

    @property
    def of_producer(self) -> bool:
        """Whether it is held for its producer, and not for itself (rule C-45)."""
        return self.run.held_by == PRODUCER_BRAKE

    @property
    def named(self) -> dict[str, str]:
        """What a command names it by."""
        return {"asset_id": self.asset.asset_id, "source": self.run.source, "run_id": self.run.run_id}


class Stake(NamedTuple):
    """Open problems at stake in a run, in the order of their tickets."""

    covered: list[OpenPlace]
    absent: list[OpenPlace]  # of these, what accepting the run would close


async def held_behind(ledger: Ledger, last: tuple[str, str, str], limit: int, chosen: HeldFilter) -> list[HeldRun]:
    """Those that are chosen behind a place, by asset, source and id."""
    return [HeldRun(*row) for row in await held_runs_behind(ledger, last, limit, chosen)]


async def run_called(ledger: Ledger, asset_id: str, source: str, run_id: str) -> HeldRun | None:
    """This run, whether it is still held or not."""
    found = await run_named(ledger, asset_id, source, run_id)
    return None if found is None else HeldRun(*found)


async def runs_called(ledger: Ledger, source: str, named: Collection[tuple[str, str]]) -> list[HeldRun]:
    """Those of these runs of a producer that there are, held or not; `named`: assets' and runs' ids."""
    return [HeldRun(*row) for row in await runs_of_producer(ledger, source, named)]


async def stake_of(ledger: Ledger, one: HeldRun, policy: Policy) -> Stake:
    """The open problems that a run has looked for, and those of them that would be closed; as of now."""
    places = await open_problems_of_asset(ledger, one.run.asset_pk)
    now = at_stake_now(one.run, (place.problem for place in places), places_of(policy))
    covered, absent = ({problem.key for problem in some} for some in now)
    return Stake(*([place for place in places if place.problem.key in some] for some in (covered, absent)))


async def held(ledger: Ledger) -> list[HeldRun]:
    """Every run that waits for `accept_run` or `reject_run`."""
    return [HeldRun(*row) for row in await held_runs(ledger)]


def one_of(runs: Sequence[HeldRun], run_id: str, source: str | None, asset_id: str | None) -> HeldRun:
    """The run of this id; raises Failure when none is held, or several and source and asset do not tell them apart."""
    found = [
        one
        for one in runs
        if one.run.run_id == run_id and source in (None, one.run.source) and asset_id in (None, one.asset.asset_id)
    ]
    if not found:
        msg = f"没有待核巡检 {run_id} · no such run is held"
        raise Failure(msg)
    if len(found) > 1:
        places = "、".join(f"--source {one.run.source} --asset {one.asset.asset_id}" for one in found)
        msg = f"{run_id} 不唯一 · several held runs have this id: {places}"
        raise Failure(msg)
    return found[0]


def all_of(runs: Sequence[HeldRun], source: str, asset_id: str | None, *, for_producer: bool = False) -> list[HeldRun]:
    """All of a source, or those that are held for their producer only; raises Failure when there is none.

    Only those may be accepted together: each of the others has a question of its own.
    """
    found = [
        one
        for one in runs
        if one.run.source == source and asset_id in (None, one.asset.asset_id) and (one.of_producer or not for_producer)
    ]
    if not found:
        msg = f"{source} 没有这样的待核巡检 · no such run of it is held"
        raise Failure(msg)
    return found
