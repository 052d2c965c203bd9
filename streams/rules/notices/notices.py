"""Notices 通知: who is told of what, over which channel, when (rules N-1 to N-4).

N-1  One notice for each ticket, kind, cycle of the ladder, channel and address; the same cause never makes a second.
N-2  The ladder's step names the roles and channels: duty and head contacts of the owner, the supervising unit.
N-3  Mails on an opening wait 10 minutes, so that one mail tells of many tickets; clock-hour tickets do not wait.
N-4  Clock-hour tickets are exempt from quiet hours, rest days and caps; those of guarded periods too, unless the
     policy says otherwise.
A unit without a fitting contact falls back to any contact it has, then to the supervising unit's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from schemas.addresses import inbox
from schemas.channels import Channel
from schemas.ladder import Role
from schemas.registry import Contact, Unit
from streams.rules.notices.chat_copies import copies
from streams.rules.notices.pending import pending
from streams.rules.state.memos import Addressee, Telling
from streams.rules.state.records import Notice, Ticket
from streams.rules.state.snapshot import Registry

if TYPE_CHECKING:
    from streams.rules.state.changes import Changes

WITHDRAWN: Final = "withdrawn"  # a pending notice that is to be suppressed, with its receipt, when its turn comes
STOPPED: Final = "stopped"  # the same, by a person's command (N-22)
EXPIRY: Final = timedelta(days=7)


def notices(changes: Changes, ticket: Ticket, kind: str) -> Iterator[Notice]:
    """The notices of one kind for a ticket as it stands."""
    if ticket.unit_id is None:
        return
    key = (ticket.unit_id, kind, ticket.guarded, ticket.due_unit == "hour")
    if key not in changes.tellings:
        changes.tellings[key] = _telling(changes, *key)
    telling = changes.tellings[key]
    if telling is None:
        return
    for to in telling.addressees:
        cause = f"{ticket.ticket_id}\x1f{kind}\x1f{ticket.cycle}\x1f{to.channel}\x1f{to.inbox}"
        yield pending(
            cause,
            ticket_pk=ticket.pk,
            asset_pk=ticket.asset_pk,
            kind=kind,
            channel=to.channel,
            unit_id=to.unit_id,
            name=to.name,
            address=to.address,
            role=to.role,
            exempt=telling.exempt,
            at=changes.at,
            not_before=telling.not_before,
            expires_at=telling.expires_at,
        )
    yield from copies(changes, ticket, kind, telling.step, exempt=telling.exempt)


def _telling(changes: Changes, unit_id: str, kind: str, guarded: bool, hourly: bool) -> Telling | None:  # noqa: FBT001
    """None when the policy has no such step."""
    step = changes.policy.step_of(kind)
    if step is None:
        return None
    exempt = hourly or (guarded and changes.policy.guarded.exempt.value)
    channels = step.hourly_channels if hourly and step.hourly_channels is not None else step.channels
    wait = timedelta(minutes=changes.policy.sending.gather.minutes) if step.gathered and not exempt else timedelta()
    if kind == "closed":
        channels = ("email",)
    found: dict[tuple[Channel, str], Addressee] = {}  # nobody twice over one channel
    for unit, contact in recipients(changes.registry, unit_id, step.to):
        for channel in channels:
            address = contact.address(channel)
            if address is not None and (one := (channel, inbox(channel, address))) not in found:
                found[one] = Addressee(unit.unit_id, contact.name, contact.role, channel, address, one[1])
    return Telling(step, exempt, changes.at + wait, changes.at + EXPIRY, tuple(found.values()))


def recipients(registry: Registry, unit_id: str, roles: Iterable[Role]) -> Iterator[tuple[Unit, Contact]]:
    """The people behind the roles, as seen from the owner; nobody twice."""
    owner = registry.units.get(unit_id)
    supervisor = registry.units.get(owner.supervisor_id) if owner is not None and owner.supervisor_id else None
    for role in roles:
        if role == "supervisor":
            yield from _contacts(supervisor, "duty", None)
        else:
            yield from _contacts(owner, role, supervisor)


def is_reachable(unit: Unit | None) -> bool:
    """Whether anybody of the unit can be told."""
    return unit is not None and any(contact.is_reachable for contact in unit.contacts)


def _contacts(unit: Unit | None, role: str, fallback: Unit | None) -> Iterator[tuple[Unit, Contact]]:
    if unit is not None:
        reachable = [contact for contact in unit.contacts if contact.is_reachable]
        chosen = [contact for contact in reachable if contact.role == role] or reachable
        if chosen:
            yield from ((unit, contact) for contact in chosen)
            return
    if fallback is not None:
        yield from _contacts(fallback, role, None)
