"""Copies of escalations for chat groups; pure (rule N-46).

N-46  An escalation of a unit goes as a copy to the chat groups that the unit names, and to its supervisor's where the
      step tells the supervisor. A copy is a notice of its own, recorded before it is sent; it stands for nobody's being
      told, and nothing follows from its failing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from schemas.ladder import StepRule
from schemas.registry import Unit
from streams.rules.notices.pending import pending
from streams.rules.state.records import Notice, Ticket

if TYPE_CHECKING:
    from streams.rules.state.changes import Changes

LIFE: Final = timedelta(days=1)  # a copy that is older helps nobody


def copies(changes: Changes, ticket: Ticket, kind: str, step: StepRule, *, exempt: bool) -> Iterator[Notice]:
    """The notices to groups of one escalation."""
    owner = changes.registry.units.get(ticket.unit_id or "")
    if owner is None or not step.escalation:
        return
    supervisor = changes.registry.units.get(owner.supervisor_id or "") if "supervisor" in step.to else None
    told = set()
    for unit in (owner, supervisor):
        for group in unit.groups if unit is not None else ():
            if group not in told and unit is not None:
                told.add(group)
                yield _copy(changes, ticket, kind, unit, group, exempt=exempt)


def _copy(changes: Changes, ticket: Ticket, kind: str, unit: Unit, group: str, *, exempt: bool) -> Notice:
    cause = f"{ticket.ticket_id}\x1f{kind}\x1f{ticket.cycle}\x1fchat\x1f{group}"
    return pending(
        cause,
        ticket_pk=ticket.pk,
        asset_pk=ticket.asset_pk,
        kind=kind,
        channel="chat",
        unit_id=unit.unit_id,
        name=group,
        address=group,
        role="group",
        exempt=exempt,
        at=changes.at,
        not_before=changes.at,
        expires_at=changes.at + LIFE,
    )
