"""The filter as lanes: ranges of an index that the database reads from one end, and stops after a page.

Over all statuses at once a database would sort every ticket there is for each page. A lane has one status, one unit
or one rung, and its index holds its rows in the order of the list: a page takes as many rows of each as it shows, and
the first of all these. By name or number, and of what waits for a decision, few tickets are meant, which are sorted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, text, true, union
from sqlalchemy.sql.schema import Column

from streams.ledger.moments import to_micros
from streams.ledger.reading.listing.filter import ENDED, NO_RUNG, OPEN, Decision, DueSpan, Order, TicketFilter
from streams.ledger.reading.listing.words import few, meant
from streams.ledger.request_tables import asks, recheck_requests
from streams.ledger.tables import assets, tickets

UNITS_APART: Final = 100  # more of them are looked for among all tickets

Condition = ColumnElement[bool]

# As the partial indexes have it: a database cannot tell that a parameter is what they say.
_WAITING: Final[Mapping[Decision, Select[Any]]] = {
    "ask": select(asks.c.ticket_pk),
    "unverifiable": select(tickets.c.pk).where(
        text("closed_at is null and recheck_outcome = 'unverifiable'"), tickets.c.status == "claimed"
    ),
    "unanswered": select(recheck_requests.c.ticket_pk).where(recheck_requests.c.unanswered_at.is_not(None)),
}
"""The tickets that wait for a person, by what they wait for."""


class ListPart(NamedTuple):
    """A part of the list: what it is ordered by, and its lanes, which have no ticket in common."""

    by: Column[Any]
    latest_first: bool
    lanes: tuple[Condition, ...]  # none: nothing can be found
    units: tuple[str, ...] = ()  # if there are any, each lane is one of each of these units


def parts_of(chosen: TicketFilter, order: Order, *, counted: bool = False) -> tuple[ListPart, ...]:
    """The parts of the list, one after the other; always as many for an order.

    Where they are only `counted`, units stand beside the lanes: of a lane for each, making the statement takes longest.
    """
    units = tuple(sorted(chosen.units or ())) if counted and _units_apart(chosen) else ()
    ended = ListPart(tickets.c.closed_at, True, tuple(_lanes(chosen, ENDED, apart=not units)), units)
    if order == "due":
        return ListPart(tickets.c.due_at, False, tuple(_lanes(chosen, OPEN, apart=not units)), units), ended
    if order == "closed":
        return (ended,)
    return (ListPart(tickets.c.opened_at, True, tuple(_lanes_of_any(chosen))),)


def called(name: str) -> Condition:
    """The asset that is meant: by its id, or by its number in the national register 网站标识码."""
    return or_(assets.c.asset_id == name, assets.c.code == name)


def _lanes(chosen: TicketFilter, statuses: tuple[str, ...], *, apart: bool) -> Iterator[Condition]:
    """Of open ones, or of ended ones: no lane has both. `apart`: each unit has lanes of its own, if any has."""
    ended = statuses is ENDED
    of_units = _units_apart(chosen)
    rest = _rest(chosen) if of_units else [*_rest(chosen), _of_units(chosen)]
    state = tickets.c.closed_at.is_not(None) if ended else tickets.c.closed_at.is_(None)
    for span in chosen.spans:
        wanted = tuple(status for status in span.statuses if status in statuses)
        if not wanted:
            continue
        within = [*rest, *_due(span)]
        some = [] if wanted == statuses else [tickets.c.status.in_(wanted)]
        if of_units:  # the condition of the index is repeated: a database cannot tell that a parameter is not null
            of_one = and_(tickets.c.unit_id.is_not(None), state, *some, *within)
            if apart:
                yield from (and_(tickets.c.unit_id == unit_id, of_one) for unit_id in sorted(chosen.units or ()))
            else:
                yield of_one
        elif ended or _few(chosen):
            yield and_(state, *some, *within)
        elif chosen.rungs and NO_RUNG not in chosen.rungs:
            reached = and_(tickets.c.rung.is_not(None), state, *some, *within)
            yield from (and_(tickets.c.rung == rung, reached) for rung in chosen.rungs)
        else:
            yield from (and_(tickets.c.status == status, *within) for status in wanted)


def _lanes_of_any(chosen: TicketFilter) -> Iterator[Condition]:
    """By their opening: open and ended ones together.

    Where nothing narrows the list, and most tickets are in it, the index of openings is walked: without figures about
    its tables a database would take all that have the status, and sort them.
    """
    is_wide = chosen == TicketFilter(chosen.spans) and any("open" in span.statuses for span in chosen.spans)
    status = func.coalesce(tickets.c.status, "") if is_wide else tickets.c.status
    conditions = [and_(status.in_(span.statuses), *_due(span)) for span in chosen.spans if span.statuses]
    if conditions:
        yield and_(or_(*conditions), *_rest(chosen), _of_units(chosen))


def _few(chosen: TicketFilter) -> bool:
    named = chosen.asset_id is not None or chosen.ticket_pks is not None
    return bool(chosen.decide) or named or any(map(few, chosen.words))


def _units_apart(chosen: TicketFilter) -> bool:
    return chosen.units is not None and len(chosen.units) <= UNITS_APART and not _few(chosen)


def _of_units(chosen: TicketFilter) -> Condition:
    return true() if chosen.units is None else tickets.c.unit_id.in_(chosen.units) if chosen.units else false()


def _due(span: DueSpan) -> Iterator[Condition]:
    if span.due_from is not None:
        yield tickets.c.due_at >= to_micros(span.due_from)
    if span.due_before is not None:
        yield tickets.c.due_at < to_micros(span.due_before)


def _rest(chosen: TicketFilter) -> list[Condition]:
    """What holds for every lane, but for status, deadline and units."""
    found = [*_times(chosen), *_of_asset(chosen), *map(meant, chosen.words)]
    if chosen.ticket_pks is not None:
        found.append(tickets.c.pk.in_(chosen.ticket_pks))
    for column, values in (
        (tickets.c.check_code, chosen.checks),
        (tickets.c.severity, chosen.severities),
    ):
        if values:
            found.append(column.in_(values))
    if chosen.rungs:
        some = tickets.c.rung.in_(chosen.rungs)
        found.append(or_(some, tickets.c.rung.is_(None)) if NO_RUNG in chosen.rungs else some)
    if chosen.decide:
        waiting = (_WAITING[kind] for kind in dict.fromkeys(chosen.decide))
        found += [tickets.c.closed_at.is_(None), tickets.c.pk.in_(union(*waiting))]
    return found


def _times(chosen: TicketFilter) -> Iterator[Condition]:
    if chosen.opened_from is not None:
        yield tickets.c.opened_at >= to_micros(chosen.opened_from)
    if chosen.opened_before is not None:
        yield tickets.c.opened_at < to_micros(chosen.opened_before)
    if chosen.closed_from is not None:
        yield tickets.c.closed_at >= to_micros(chosen.closed_from)
    if chosen.closed_before is not None:
        yield tickets.c.closed_at < to_micros(chosen.closed_before)


def _of_asset(chosen: TicketFilter) -> Iterator[Condition]:
    if chosen.asset_id is not None:
        yield tickets.c.asset_pk.in_(select(assets.c.pk).where(called(chosen.asset_id)))
    alike: list[Condition] = []
    if chosen.kinds:
        alike.append(assets.c.kind.in_(chosen.kinds))
    if chosen.regions:
        alike.append(assets.c.region.in_(chosen.regions))
    if chosen.platforms:  # a quotation mark inside of a text would be escaped: it is the field itself
        parts = (f'"platform":"{one}"' for one in chosen.platforms)
        alike.append(or_(*(assets.c.document_json.contains(one, autoescape=True) for one in parts)))
    if alike:
        yield tickets.c.asset_pk.in_(select(assets.c.pk).where(*alike))
