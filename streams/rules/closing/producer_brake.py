"""The brake on mass closing by one producer over many assets, which no asset's own brake sees (rules C-45, C-47).

A crawler that breaks quietly finds nothing any more on 3,000 sites with 3 problems each: C-4 sees 3,000 small runs.

C-45  Of each producer it is counted, in slots of 5 minutes and over all assets, how many open problems it has spoken of
      (known before, and now seen again or absent) and how many of those it says are absent, by whatever way: complete
      runs, runs that name their places, partial ones, and `absent` that nobody asked for (belief.py); in units as C-4
      counts them. Once, within 48 hours or any shorter time up to now, more than 200 problems and more than 80 % of
      those are absent, this time's among them, nothing that it says closes any more: a run that would close something
      is held (`producer_closes_too_many`), an unasked `absent` is noted, until that is no longer so. A run counts once,
      when it is judged; one that C-4 or R-21 holds does not count. The first 3 such runs ask for a sample (C-21). Mails
      about them (R-39), to those who supervise and to whoever runs the producer, are one a day for each recipient.
C-47  A run held so that a person accepts, or other producers' answers (C-22), clears the producer's standing: it is
      counted anew, and the next runs close until as many are absent again. A rejected one, and one that only its own
      producer has confirmed (R-37), leave it as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from streams.rules.evidence.producers import owners
from streams.rules.notices.producer_mails import tell_operators
from streams.rules.state.changes import Changes
from streams.rules.state.records import Problem, ProducerStanding, Ticket
from streams.rules.state.snapshot import SeenAfter

RULE: Final = "C-45"
SLOT: Final = timedelta(minutes=5)
_COUNTED: Final = ("open", "acknowledged")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Stretch(NamedTuple):
    """What a producer said from some moment until now."""

    staked: int
    absent: int


def count(changes: Changes, source: str, staked: int, absent: int) -> None:
    """What a producer has spoken of, and what of it is absent."""
    if staked:
        changes.standings.add(ProducerStanding(source, _slot(changes.at), staked, absent, 0))


def units(changes: Changes, problems: list[Problem], counted: Iterable[SeenAfter] = ()) -> int:
    """Open problems, those of one named or target cause counted once; what is claimed to be fixed does not count.

    `counted`: those that are not at hand.
    """
    causes: set[int] = set()
    single = 0
    for problem in problems:
        ticket = changes.tickets.get(problem.ticket_pk)
        if problem.status != "open" or ticket is None or ticket.status not in _COUNTED:
            continue
        if ticket.cause is not None and not ticket.cause.startswith("run:"):
            causes.add(ticket.pk)
        else:
            single += 1
    for group in counted:
        if group.ticket_pk is None:
            single += group.before
        elif group.before and not group.is_claimed:
            causes.add(group.ticket_pk)
    return single + len(causes)


def suspicious(changes: Changes, source: str) -> Stretch | None:
    """C-45: the shortest stretch up to now in which the producer said of too many that they are gone."""
    brake = changes.policy.limits.producer_brake
    staked = absent = 0
    for one in _window(changes, source):
        staked, absent = staked + one.staked, absent + one.absent
        if absent > brake.problems and absent > brake.share * staked:
            return Stretch(staked, absent)
    return None


def hold(changes: Changes, source: str) -> bool:
    """Counts a run that is held; whether it asks for a sample."""
    before = sum(one.held for one in _window(changes, source))
    changes.standings.add(ProducerStanding(source, _slot(changes.at), 0, 0, 1))
    return before < changes.policy.limits.producer_brake.sampled


def tell(changes: Changes, example: Ticket, source: str, supervisor_id: str | None) -> None:
    """One mail a day."""
    to = dict.fromkeys(filter(None, (supervisor_id, *owners(changes, (source,)))))
    tell_operators(changes, example, "run_held", to, f"{changes.local(changes.at).date()}", about=f"{RULE}\x1f{source}")


def _window(changes: Changes, source: str) -> Iterator[ProducerStanding]:
    since = changes.at - timedelta(hours=changes.policy.limits.producer_brake.hours)
    return (one for one in changes.standings.of(source) if one.slot_at > since)


def _slot(at: datetime) -> datetime:
    return at - (at - _EPOCH) % SLOT
