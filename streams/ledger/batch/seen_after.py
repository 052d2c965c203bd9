"""What a run cannot close because it was seen after the run began: counted for the brakes, never loaded (C-3, C-45).

Of an asset's open problems nearly all are seen again by each run; a group of them whose memory is the same text is one
row. Problems of a claim, and of a cause, are counted apart: the first do not count, the others count once a ticket.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from sys import maxsize
from typing import Final, NamedTuple

from streams.ledger.engines.port import Session
from streams.ledger.moments import to_micros
from streams.rules.state.snapshot import RunKey, SeenAfter


class Asking(NamedTuple):
    """A run that began then; of its asset what was last seen by `until` may be closed by one of the runs at hand."""

    run: RunKey
    until: datetime
    began: datetime


class OpenCount(NamedTuple):
    """Of an asset's open problems: how many may be closed, and the others."""

    may_close: int
    after: Sequence[SeenAfter]


GROUPS: Final = 1_000  # that are read; their texts are producers' own, some kB each at worst
_OPEN: Final = "p.current and p.status = 'open'"
_AFTER: Final = "case when p.last_seen_at > due.until then 1 end"
_BEFORE: Final = "case when p.last_seen_at > due.until and p.first_seen_at < due.began then 1 end"
ALL: Final = (
    f"select due.place, p.seen_by_json, count(*), count({_AFTER}), count({_BEFORE}) from due "  # noqa: S608 - our own words
    f"join problems p on p.asset_pk = due.asset_pk and {_OPEN} group by 1, 2 limit ?"
)
APART: Final = (
    f"select due.place, p.seen_by_json, count({_AFTER}), count({_BEFORE}), t.pk, t.status from due "  # noqa: S608
    "join tickets t on t.asset_pk = due.asset_pk "
    "and t.closed_at is null and (t.status = 'claimed' or t.cause is not null) "  # as the index has it
    f"and (t.status = 'claimed' or t.cause not like 'run:%') join problems p on p.ticket_pk = t.pk and {_OPEN} "
    "group by 1, 2, t.pk, t.status limit ?"
)


@cache
def due_runs(number: int) -> str:
    """The beginning of both statements: so many runs, each with its place, asset_pk, `until` and `began`."""
    run = ", ".join(["cast(? as bigint)"] * 4)
    return f"with due (place, asset_pk, until, began) as (values {', '.join([f'({run})'] * number)}) "


async def counted(session: Session, runs: Sequence[Asking]) -> Mapping[RunKey, OpenCount]:
    """Of each run; the assets are locked. Of too many groups all may be closed: then all is loaded, within bounds."""
    if not runs:
        return {}
    due = due_runs(len(runs))
    args = [
        number
        for place, one in enumerate(runs)
        for number in (place, one.run[0], to_micros(one.until), to_micros(one.began))
    ]
    groups_apart = await session.rows(due + APART, *args, GROUPS + 1)
    groups = await session.rows(due + ALL, *args, GROUPS + 1)
    if max(len(groups_apart), len(groups)) > GROUPS:
        return {one.run: OpenCount(maxsize, ()) for one in runs}
    after: list[list[SeenAfter]] = [[] for _ in runs]
    apart: defaultdict[tuple[int, str], list[SeenAfter]] = defaultdict(list)
    for place, seen_by_json, number, before, ticket_pk, status in groups_apart:
        if number:
            group = SeenAfter(seen_by_json, number, before, ticket_pk, is_claimed=status == "claimed")
            apart[place, seen_by_json].append(group)
            after[place].append(group)
    may_close = [0] * len(runs)
    for place, seen_by_json, all_, number, before in groups:
        may_close[place] += all_ - number
        others = apart[place, seen_by_json]
        if rest := number - sum(group.number for group in others):
            after[place].append(SeenAfter(seen_by_json, rest, before - sum(group.before for group in others)))
    return {one.run: OpenCount(may_close[place], after[place]) for place, one in enumerate(runs)}
