"""Tickets: one with everything that belongs to it, and why nothing was sent about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import orjson

from schemas.policy import Policy
from schemas.powers import CommandRole
from schemas.vocabulary import ASK_LABELS
from streams.ledger import Ledger
from streams.ledger.reading.queries import (
    asks_of,
    each_problem,
    find_tickets,
    former_keys_of,
    history_of,
    notices_of,
    problems_of,
    requests_of,
    ticket_called,
    tickets_called,
)
from streams.presentation.letters.numbers import beginning
from streams.presentation.ticket.dossier import Dossier
from streams.presentation.why_not_sent import Case
from streams.rules.commands.acts_now import ActNow, acts_now
from streams.rules.state.records import Ask, AssetRecord, Problem, Ticket
from streams.rules.state.snapshot import Registry
from streams.services.calendar import working_calendar
from streams.services.failure import Failure
from streams.services.registry import units_of
from streams.settings.model import Settings


class Found(NamedTuple):
    """A ticket and its asset."""

    ticket: Ticket
    asset: AssetRecord


async def find(ledger: Ledger, wanted: str) -> Found:
    """The ticket with this id, or the only one whose id begins so, or that has this short number (N-64).

    Raises Failure when there is none, or several.
    """
    found = await find_tickets(ledger, wanted) or await find_tickets(ledger, beginning(wanted))
    if not found:
        msg = f"没有整改单 {wanted} · no ticket has or begins with this id"
        raise Failure(msg)
    if len(found) > 1:
        ids = "、".join(ticket.ticket_id for ticket, _ in found)
        msg = f"{wanted} 不唯一 · several tickets begin so: {ids} ..."
        raise Failure(msg)
    return Found(*found[0])


async def exactly(ledger: Ledger, ticket_id: str) -> Found | None:
    """The ticket with this id, and no other."""
    found = await ticket_called(ledger, ticket_id)
    return None if found is None else Found(*found)


async def of_numbers(ledger: Ledger, ticket_ids: Sequence[str]) -> list[Found]:
    """Those of these tickets that there are, in the order of their numbers."""
    return [Found(*found) for found in await tickets_called(ledger, ticket_ids)]


async def open_asks(ledger: Ledger, tickets: Sequence[Found]) -> dict[int, list[Ask]]:
    """By ticket pk, what is asked for and not answered."""
    found: dict[int, list[Ask]] = {}
    for ask in await asks_of(ledger, [one.ticket.pk for one in tickets]):
        found.setdefault(ask.ticket_pk, []).append(ask)
    return found


async def load_named(ledger: Ledger, wanted: str) -> Dossier:
    """All about the ticket that a person names; raises Failure as `find` does."""
    return await load(ledger, await find(ledger, wanted))


async def load(ledger: Ledger, found: Found, *, first: int = 0, registry: Registry | None = None) -> Dossier:
    """All that is known of a ticket, with a page of its problems from `first` on; `registry`, where it is at hand."""
    units = registry.units if registry is not None else await units_of(ledger)
    problems = await problems_of(ledger, found.ticket.pk, offset=first)
    history = await history_of(ledger, found.ticket.pk)
    return Dossier(
        ticket=found.ticket,
        asset=found.asset,
        unit=units.get(found.ticket.unit_id or ""),
        problems=problems,
        events=[orjson.loads(entry.body_json) for entry in history],
        sentences={entry.event_id: entry.sentence for entry in history if entry.sentence is not None},
        notices=await notices_of(ledger, found.ticket.pk),
        units=units,
        requests=await requests_of(ledger, found.ticket, problems),
        asks=await asks_of(ledger, [found.ticket.pk]),
        calendar=registry.calendar if registry is not None else await working_calendar(ledger),
        former=await former_keys_of(ledger, problems),
    )


def acts_of(dossier: Dossier, policy: Policy, role: CommandRole | None, zone: ZoneInfo) -> tuple[ActNow, ...]:
    """Every act about a ticket, whether this role can do it now, and the reason where not (rule K-47)."""
    return acts_now(dossier.ticket, dossier.asks, policy, role, zone)


def case_of(dossier: Dossier, settings: Settings, policy: Policy, now: datetime) -> Case:
    """What the answers to "why was nothing sent" rest on (rule N-15)."""
    registry = Registry(dossier.units, dossier.calendar, {}, settings.zone)
    return Case(
        dossier.ticket, dossier.notices, registry, policy, settings.channels, now, dossier.requests, dossier.asks
    )


async def named_ask(ledger: Ledger, ticket: str, kind: str) -> Ask:
    """The open ask of this kind; raises Failure where there is none."""
    found = await find(ledger, ticket)
    for ask in await asks_of(ledger, [found.ticket.pk]):
        if ask.kind == kind:
            return ask
    msg = f"{found.ticket.ticket_id} 没有待答复的申请（{ASK_LABELS[kind]}） · no open ask of this kind"
    raise Failure(msg)


def every_problem(ledger: Ledger, found: Found) -> AsyncIterator[Problem]:
    """The ticket's problems in their order, however many, also those that a recurrence has replaced since."""
    return each_problem(ledger, found.ticket.pk)


async def named_problems(ledger: Ledger, ticket: str, wanted: Sequence[str]) -> list[str]:
    """The fingerprints of the problems that a person names by number or fingerprint; raises Failure for any other."""
    found = await find(ledger, ticket)
    known = [problem async for problem in every_problem(ledger, found) if problem.current]
    by_name = {str(problem.ordinal): problem.fingerprint for problem in known}
    by_name |= {problem.fingerprint: problem.fingerprint for problem in known}
    strange = [name for name in wanted if name not in by_name]
    if strange:
        msg = (
            f"{found.ticket.ticket_id} 没有问题 {'、'.join(strange)} · no such problem; `rectify ticket problems` lists"
        )
        raise Failure(msg)
    return list(dict.fromkeys(by_name[name] for name in wanted))
