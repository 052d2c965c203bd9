"""Spans: when a problem stood, as it was known at a moment (rules S-3, S-5).

A problem's row says what is known now, its past what was known until when. Together they give, for any moment, the
spans in which it stood: from its first sighting, or from the one that brought it back, until the proof of its absence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from streams.rules.state.past import UNPROVEN, PastProblem


class Known(NamedTuple):
    """What was known of a problem."""

    check: str
    locator: str
    ticket_pk: int
    status: str
    first_seen_at: datetime
    gone_at: datetime | None
    evidence: Mapping[str, Any]
    received_at: datetime | None  # of a citizen's message


class Row(NamedTuple):
    """A problem's row, as it is now."""

    recorded_at: datetime
    known: Known


class Span(NamedTuple):
    """A time in which a problem stood, or was taken for one."""

    begin: datetime
    end: datetime | None  # None: it stands
    known: Known

    @property
    def is_aside(self) -> bool:
        """Whether a person has dismissed or waived it."""
        return self.known.status in ("dismissed", "waived")


def spans(rows: Sequence[Row], past: Sequence[tuple[PastProblem, Known]], as_of: datetime) -> list[Span]:
    """The spans of one identity; `rows` and `past` in the order in which they were recorded."""
    if len(rows) == 1 and not past:  # nearly all of them: it was recorded, and nothing has changed since
        ((recorded_at, known),) = rows
        if recorded_at > as_of or known.status in UNPROVEN:
            return []
        return [Span(known.first_seen_at, known.gone_at, known)]
    found: list[Span] = []
    begin: datetime | None = None
    for known, back_at, is_new in _versions(rows, past, as_of):
        if is_new:
            begin = None
        if known.status not in UNPROVEN:
            span = Span(begin or known.first_seen_at, known.gone_at, known)
            if found and not is_new and span.begin <= (found[-1].begin if found[-1].end is None else found[-1].end):
                span = span._replace(begin=min(span.begin, found[-1].begin))
                found[-1] = span
            else:
                found.append(span)
        if back_at is not None:
            begin = back_at
    return found


def _versions(
    rows: Sequence[Row], past: Sequence[tuple[PastProblem, Known]], as_of: datetime
) -> Iterable[tuple[Known, datetime | None, bool]]:
    """What was known one after the other by then: with when it came back then, and whether it is another row's."""
    rest = list(past)
    for number, row in enumerate(rows):
        received_at = row.known.received_at
        if row.recorded_at > as_of:
            return
        following = rows[number + 1].recorded_at if number + 1 < len(rows) else None
        mine = [one for one in rest if following is None or one[0].until <= following]
        rest = rest[len(mine) :]
        is_new = True
        for entry, then in mine:
            known = then._replace(received_at=received_at)
            if entry.until > as_of:
                yield known, None, is_new
                return
            yield known, entry.back_at, is_new
            is_new = False
        yield row.known, None, is_new


def in_order(past: Iterable[tuple[PastProblem, Known]]) -> list[tuple[PastProblem, Known]]:
    """By when it was recorded; what was recorded at one moment stays in its order."""
    return sorted(past, key=lambda one: one[0].until)


def at_place(span: Span) -> tuple[str, str, datetime]:
    """How the problems of an asset are listed."""
    return span.known.check, span.known.locator, span.begin
