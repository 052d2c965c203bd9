"""A ticket of a world in memory as the command line reads it from the ledger."""

from __future__ import annotations

import json

from schemas.channels import Channel
from streams.files.calendar.builtin import builtin_calendar
from streams.presentation.ticket.dossier import Dossier
from streams.presentation.why_not_sent import Case
from streams.rules.state.records import Ticket
from tests.support.world import POLICY, World

SET_UP: frozenset[Channel] = frozenset(("email", "sms"))


def dossier_of(world: World, ticket: Ticket) -> Dossier:
    """Its dossier as it now stands."""
    problems = [problem for problem in world.problems if problem.ticket_pk == ticket.pk]
    history = [entry for entry in world.history if entry.ticket_pk == ticket.pk]
    return Dossier(
        ticket=ticket,
        calendar=builtin_calendar(),
        asset=next(asset for asset in world.assets.values() if asset.pk == ticket.asset_pk),
        unit=world.registry.units.get(ticket.unit_id or ""),
        problems=sorted(problems, key=lambda problem: problem.ordinal),
        events=[json.loads(entry.body_json) for entry in history],
        sentences={entry.event_id: entry.sentence for entry in history if entry.sentence is not None},
        notices=[notice for notice in world.notices.values() if notice.ticket_pk == ticket.pk],
        units=world.registry.units,
        requests=[one for one in world.requests.values() if one.ticket_pk == ticket.pk],
        asks=sorted((one for one in world.asks.values() if one.ticket_pk == ticket.pk), key=lambda one: one.asked_at),
    )


def case_of(world: World, ticket: Ticket) -> Case:
    """What the answers to "why was nothing sent" rest on."""
    dossier = dossier_of(world, ticket)
    return Case(ticket, dossier.notices, world.registry, POLICY, SET_UP, world.now, dossier.requests, dossier.asks)
