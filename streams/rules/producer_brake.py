"""The brake on mass closing by one producer over many assets, which no asset's own brake sees (rules C-44 to C-48).

A crawler that breaks quietly finds nothing any more on 3,000 sites with 3 problems each: C-4 sees 3,000 small runs.

C-44  Of each producer it is counted, in slots of 5 minutes, how many open problems its complete runs that name no
      locators had at stake (known before the run, and now seen again or absent), and how many were absent; in units
      as C-4 counts them. A run counts once, when it is judged, whether C-45 holds it then or not; one that C-4 or
      R-21 holds does not count, and an answer counts nothing again.
C-45  Once, within 48 hours or any shorter time up to now, more than 200 problems and more than 80 % of those at stake
      are absent, this run's among them, a run of the producer that would close something is held
      (`producer_closes_too_many`), and so is each further one until that is no longer so.
C-46  Only the first 3 runs of a producer that are held so within the window ask for a sample (C-21).
C-47  A run held so that a person accepts, or other producers' answers (C-22), clears the producer's standing: it is
      counted anew, and the next runs close until as many are absent again. A rejected one, and one that only its own
      producer has confirmed (R-37), leave it as it is.
C-48  The mails about such runs (R-39), to those who supervise and to whoever runs the producer, are one a day for each
      producer and recipient.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from schemas.run import Run
from streams.rules.draft import Draft
from streams.rules.operators import tell_operators
from streams.rules.producers import owners
from streams.rules.records import ProducerStanding, Ticket

RULE: Final = "C-45"
SLOT: Final = timedelta(minutes=5)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Stretch(NamedTuple):
    """What a producer said from some moment until now."""

    staked: int
    absent: int


def count(draft: Draft, source: str, staked: int, absent: int) -> None:
    """C-44: what a run had at stake, and did not find again."""
    if staked:
        draft.standings.add(ProducerStanding(source, _slot(draft.at), staked, absent, 0))


def is_counted(run: Run) -> bool:
    """Whether the run's silence speaks of all that it covered (C-44)."""
    return run.status == "complete" and run.locators is None


def suspicious(draft: Draft, source: str) -> Stretch | None:
    """C-45: the shortest stretch up to now in which the producer said of too many that they are gone."""
    brake = draft.policy.limits.producer_brake
    staked = absent = 0
    for one in _window(draft, source):
        staked, absent = staked + one.staked, absent + one.absent
        if absent > brake.problems and absent > brake.share * staked:
            return Stretch(staked, absent)
    return None


def hold(draft: Draft, source: str) -> bool:
    """Counts a run that is held; whether it asks for a sample (C-46)."""
    before = sum(one.held for one in _window(draft, source))
    draft.standings.add(ProducerStanding(source, _slot(draft.at), 0, 0, 1))
    return before < draft.policy.limits.producer_brake.sampled


def tell(draft: Draft, example: Ticket, source: str, supervisor_id: str | None) -> None:
    """C-48."""
    to = dict.fromkeys(filter(None, (supervisor_id, *owners(draft, (source,)))))
    tell_operators(draft, example, "run_held", to, f"{draft.local(draft.at).date()}", about=f"{RULE}\x1f{source}")


def _window(draft: Draft, source: str) -> Iterator[ProducerStanding]:
    since = draft.at - timedelta(hours=draft.policy.limits.producer_brake.hours)
    return (one for one in draft.standings.of(source) if one.slot_at > since)


def _slot(at: datetime) -> datetime:
    return at - (at - _EPOCH) % SLOT
