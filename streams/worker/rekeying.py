"""Carrying over to the fingerprints of today (rule D-14): page after page, by workers beside their work, or at once.

A page is a transaction of its own. What has been carried over differs no more, so that nothing need be remembered:
whoever is interrupted begins again, and several at once disturb nobody. At the end the ledger says by what all are
keyed; until then findings are looked for under their former keys too.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from schemas.policy import Policy
from schemas.topics import Topics
from streams.ledger import Ledger, Transaction
from streams.log_events import event_log
from streams.rules.decide import Result, Undecidable, decide
from streams.rules.findings.carrying import more_of_page, needs_of_page
from streams.rules.intake.keying import identity_now
from streams.rules.state.bounds import TooMuch
from streams.rules.state.identity import ProblemIdentity
from streams.rules.state.inputs import Carried, Input
from streams.rules.state.recipe import is_under_way, keyed_by
from streams.rules.state.records import Problem
from streams.rules.state.snapshot import ChangeSet, Now, Registry, Snapshot

log = event_log(__name__)

LOOKED_AT: Final = 2_000  # problems in a transaction, fewer where their texts are long
CARRIED: Final = 200  # of these at most, so that their assets are not locked for long


class RekeyedPage(NamedTuple):
    """What one page has come to; `after` is where the next begins, None at the end."""

    after: int | None
    result: Result
    chunks: list[int]


async def page(
    tx: Transaction, after: int, registry: Registry, policy: Policy, topics: Topics, now: Now, most: int = CARRIED
) -> RekeyedPage:
    """Carries over the next problems, `most` at once; where there are none left, says so in the ledger."""
    if not is_under_way(registry, policy):
        return RekeyedPage(None, _nothing(), [])
    found = await tx.rekeying.problems_after(after, LOOKED_AT)
    differing: list[Carried] = []
    last = after
    for asset_id, problem in found:
        last = problem.pk
        identity = _identity(policy, asset_id, problem)
        if identity is not None:
            differing.append(Carried(asset_id, problem, identity))
            if len(differing) == most:
                break
    if not found:
        await tx.registry.set_keyed_by(keyed_by(policy))
        return RekeyedPage(None, _nothing(), [])
    while differing:
        tx.load_in_bounds(divisible=len(differing) > 1)
        try:
            snapshot = await _load(tx, differing, registry, policy)
            result = _decided(snapshot, differing, policy, topics, now)
        except TooMuch as error:  # half of it, down to one problem, which keeps what it has (O-16)
            if len(differing) == 1:
                log.warning("problem_not_carried", matter=str(differing.pop()), fault=str(error))
                continue
            del differing[len(differing) // 2 :]
            last = differing[-1].problem.pk
        else:
            return RekeyedPage(last, result, await tx.save(result.change_set, now))
    return RekeyedPage(last, _nothing(), [])


def _decided(snapshot: Snapshot, differing: list[Carried], policy: Policy, topics: Topics, now: Now) -> Result:
    inputs: list[Input] = [*differing]
    while True:
        try:
            return decide(snapshot, inputs, now, policy, topics)
        except Undecidable as error:
            log.exception("problem_not_carried", matter=str(inputs.pop(error.index)))


def _identity(policy: Policy, asset_id: str, problem: Problem) -> ProblemIdentity | None:
    """One that cannot be read keeps what it has, and holds nobody up."""
    try:
        return identity_now(policy, asset_id, problem)
    except (ValueError, TypeError, AttributeError):
        log.exception("problem_not_carried", asset=asset_id, problem=problem.pk)
        return None


async def _load(tx: Transaction, differing: list[Carried], registry: Registry, policy: Policy) -> Snapshot:
    snapshot = await tx.load(needs_of_page(differing), registry)
    for _ in range(2):  # their tickets, then who has the causes of these
        snapshot = snapshot.with_more(await tx.load(more_of_page(snapshot, policy), registry, snapshot))
    return snapshot


async def foreseen(ledger: Ledger, policy: Policy) -> Counter[str]:
    """How many problems would be carried over, and how many would join another one; changes nothing."""
    said: Counter[str] = Counter()
    taken: set[tuple[int, bytes]] = set()
    last = 0
    while True:
        async with ledger.transaction() as tx:
            found = await tx.rekeying.problems_after(last, LOOKED_AT)
            if not found:
                return said
            last = found[-1][1].pk
            now = [(one, made) for asset_id, one in found if (made := _identity(policy, asset_id, one)) is not None]
            wanted = [(problem.asset_pk, made.key) for problem, made in now]
            taken |= await tx.rekeying.current_among(wanted)
        for problem, made in now:
            identity = (problem.asset_pk, made.key)
            said["merged" if identity in taken else "carried"] += 1
            taken.add(identity)


def _nothing() -> Result:
    return Result(ChangeSet(), Counter())
