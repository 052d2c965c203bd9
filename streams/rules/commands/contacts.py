"""Contacts that change while notices wait; pure (rule N-49).

N-49  What is not yet sent follows the registry when its turn comes: to the contact's new address, to the one who took
      the place, or to nobody when the successor has been told already. What was sent stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, cast

from schemas.addresses import inbox
from schemas.channels import COPIES, Channel
from schemas.ladder import Role
from schemas.registry import Contact, Unit
from streams.rules.notices.notices import STOPPED, WITHDRAWN, recipients
from streams.rules.notices.silence_mails import SILENT
from streams.rules.notices.weekly_mails import WEEKLY
from streams.rules.state.records import Notice
from streams.rules.state.snapshot import Registry


class ToldContact(NamedTuple):
    """That an inbox has, or will get, a notice of a kind about a ticket."""

    ticket_pk: int
    kind: str
    channel: str
    inbox: str


def outdated(notice: Notice, registry: Registry) -> bool:
    """Whether the registry no longer has this recipient of what is still to be sent."""
    return notice.state == "pending" and notice.code not in (WITHDRAWN, STOPPED) and not has_recipient(notice, registry)


def has_recipient(notice: Notice, registry: Registry) -> bool:
    """Whether the recipient is still among the contacts, or the groups, of the unit; the office is in no registry."""
    if notice.unit_id is None and notice.kind == SILENT:
        return True
    unit = registry.units.get(notice.unit_id or "")
    if unit is None:
        return False
    if notice.channel in COPIES:
        return notice.address in unit.groups
    channel = cast("Channel", notice.channel)
    theirs = (address for contact in unit.contacts if (address := contact.address(channel)) is not None)
    return inbox(channel, notice.address) in {inbox(channel, address) for address in theirs}


def readdressed(notices: Iterable[Notice], registry: Registry, told: Iterable[ToldContact]) -> Iterator[Notice]:
    """Waiting notices that are `outdated`: with another recipient, or withdrawn. `told` holds every notice there is."""
    known = set(told)
    for notice in notices:
        successor = reached_now(notice, registry)
        if successor is None or _told(notice, successor.address) in known:
            yield notice._replace(code=WITHDRAWN)
            continue
        known.add(_told(notice, successor.address))
        yield successor


def reached_now(notice: Notice, registry: Registry) -> Notice | None:
    """The notice as it would reach this recipient, or the one who took the place, today; None when there is nobody."""
    if has_recipient(notice, registry):
        return notice
    for unit, contact in _successors(notice, registry):
        address = contact.address(cast("Channel", notice.channel))
        if address is not None:
            return notice._replace(unit_id=unit.unit_id, name=contact.name, address=address, role=contact.role)
    return None


def _successors(notice: Notice, registry: Registry) -> Iterator[tuple[Unit, Contact]]:
    """The same person, otherwise those in the same role; of a weekly mail the same person alone (N-74)."""
    if notice.channel in COPIES or notice.unit_id is None:
        return
    unit = registry.units.get(notice.unit_id)
    if unit is not None:
        yield from ((unit, contact) for contact in unit.contacts if contact.name == notice.name)
    if notice.kind != WEEKLY:
        yield from recipients(registry, notice.unit_id, (cast("Role", notice.role),))


def _told(notice: Notice, address: str) -> ToldContact:
    return ToldContact(notice.ticket_pk, notice.kind, notice.channel, inbox(notice.channel, address))
