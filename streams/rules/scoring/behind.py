"""The rows behind a number of a bulletin: those that were counted, one by one (rule S-12).

S-12 Behind each number of a bulletin stands the list of what it counts, as of the same moment and by the same pack:
     assets of a group or of a row, slips, messages, problems of a check. Times (催办, 重开) are told slip by slip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from streams.rules.scoring.grouping import keys
from streams.rules.scoring.messages import Message, messages
from streams.rules.scoring.slips import Slip
from streams.rules.scoring.stood import Period, Standing, Stood
from streams.rules.scoring.tally import Named, Tally, issued_in


class WhichNumber(NamedTuple):
    """A number of the document: `websites.checked`, `tickets.done`, `messages.zhaocuo.valid`, `problems.link.dead`."""

    section: str  # a group, `tickets`, `messages`, `problems`
    figure: str  # of a group or of slips; of messages their kind and the figure; of problems the check
    dimension: str = ""  # of a row of `by`
    key: str = ""


class CountedRow(NamedTuple):
    """One of the rows: an asset with what the period makes of it, and what of it was counted."""

    stood: Stood
    named: Named
    slip: Slip | None = None
    message: Message | None = None
    standing: Standing | None = None


ASSETS: Final[Mapping[str, Callable[[Named], bool]]] = {
    "running": lambda named: named.one.is_running,
    "checked": lambda named: named.one.score.checked,
    "checked_running": lambda named: named.one.score.checked and named.one.is_running,
    "problem": lambda named: named.one.score.checked and named.one.is_problem,
    "qualified": lambda named: named.one.score.checked and named.one.score.qualified,
    "unqualified": lambda named: named.one.score.checked and not named.one.score.qualified,
    "still_unqualified": lambda named: named.one.score.checked and not named.one.qualifies_now,
}
SLIPS: Final[Mapping[str, Callable[[Slip, Period], bool]]] = {
    "issued": lambda _, __: True,
    "done": lambda slip, _: slip.status == "closed",
    "done_on_time": lambda slip, _: slip.is_on_time,
    "overdue": lambda slip, period: slip.is_overdue(period.as_of),
    "extended": lambda slip, _: slip.extended > 0,
    "urged": lambda slip, _: slip.urged > 0,
    "reopened": lambda slip, _: slip.reopened > 0,
}
TIMES: Final = frozenset({"urged", "reopened"})
"""Of slips, what is counted in times: more than rows."""
_VALID: Final[Mapping[str, Callable[[Message, Tally], bool]]] = {
    "valid": lambda _, __: True,
    "done": lambda one, _: one.answered_at is not None,
    "on_time": lambda one, _: one.is_on_time,
    "at_once": lambda one, tally: one.is_at_once(tally.counting),
}
MESSAGES: Final = ("received", *_VALID)


def rows_behind(tally: Tally, stood: Stood, which: WhichNumber) -> Iterator[CountedRow]:
    """Of one asset, what the number counts; `tally` says by what."""
    named = tally.named(stood)
    if named is not None:
        yield from _ROWS.get(which.section, _itself)(tally, CountedRow(stood, named), which)


def _slips(tally: Tally, asset: CountedRow, which: WhichNumber) -> Iterator[CountedRow]:
    for slip in issued_in(asset.stood, tally.period):
        if slip.status != "aside" and SLIPS[which.figure](slip, tally.period):
            yield asset._replace(slip=slip)


def _messages(tally: Tally, asset: CountedRow, which: WhichNumber) -> Iterator[CountedRow]:
    kind, _, figure = which.figure.partition(".")
    for one in messages(asset.stood, tally.period):
        if one.kind == kind and _is_counted(one, figure, tally):
            yield asset._replace(slip=one.slip, message=one)


def _problems(tally: Tally, asset: CountedRow, which: WhichNumber) -> Iterator[CountedRow]:
    del tally
    if asset.named.one.score.checked:
        for standing in asset.named.standings:
            if standing.check == which.figure:
                yield asset._replace(standing=standing)


def _itself(tally: Tally, asset: CountedRow, which: WhichNumber) -> Iterator[CountedRow]:
    del tally
    row = asset.named.row
    if which.section in (row.kind, *row.groups) and _in_row(asset.named, which) and ASSETS[which.figure](asset.named):
        yield asset


_ROWS: Final = {"tickets": _slips, "messages": _messages, "problems": _problems}


def _is_counted(one: Message, figure: str, tally: Tally) -> bool:
    return figure == "received" or (not one.span.is_aside and _VALID[figure](one, tally))


def _in_row(named: Named, which: WhichNumber) -> bool:
    return not which.dimension or (which.dimension, which.key) in keys(named.row)
