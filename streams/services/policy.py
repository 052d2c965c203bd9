"""What a policy pack makes of tickets: why one has its deadline, and what another pack would do to the open ones."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from schemas.policy import Policy
from streams.files.policy.loading import load_pack, shipped_packs
from streams.ledger import Ledger
from streams.ledger.reading.open_tickets import open_tickets
from streams.presentation.deadline.story import Why, explain
from streams.rules.deadlines.recounting import Effects
from streams.rules.state.terms import deadline_of
from streams.services.calendar import day_names, working_calendar
from streams.services.tickets import load_named
from streams.settings.model import Settings


async def why(ledger: Ledger, wanted: str, settings: Settings, in_force: Policy) -> Why:
    """Why the ticket that a person names has its deadline: by the pack under which it was opened, if that is known.

    Raises Failure when no ticket, or several, are meant.
    """
    dossier = await load_named(ledger, wanted)
    then = pack_named(deadline_of(dossier.ticket).policy, settings.policy)
    return explain(
        dossier.ticket,
        dossier.problems[0] if dossier.problems else None,
        dossier.asset.kind,
        then or in_force,
        known=then is not None,
        calendar=dossier.calendar,
        zone=settings.zone,
        names=await day_names(ledger),
        events=dossier.events,
    )


def pack_named(ref: str, chosen: Path | None) -> Policy | None:
    """The pack of this name and version, if it is the chosen one, one that it extends, or a built-in one."""
    for one in (chosen, *shipped_packs()):
        for policy in load_pack(one).chain:
            if policy.ref == ref:
                return policy
    return None


async def effects_of(
    ledger: Ledger, policy: Policy, now: datetime, zone: ZoneInfo, units: Collection[str] | None = None
) -> Effects:
    """What the pack would make of every open ticket, or of those of these units, counted anew."""
    effects = Effects()
    calendar = await working_calendar(ledger)
    async for page in open_tickets(ledger, units=units):
        effects.add(page, policy, calendar, zone, now)
    return effects
