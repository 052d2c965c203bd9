"""Contacts that change while notices wait; pure (rule N-49).

N-49  What is not yet sent follows the registry: to the contact's new address, to the one who took the place, or to
      nobody when the successor has been told already. What was sent stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from schemas.addresses import inbox
from schemas.ladder import Role
from schemas.registry import Contact, Unit
from schemas.vocabulary import Channel
from streams.rules.docket import Registry
from streams.rules.notices import WITHDRAWN, recipients
from streams.rules.records import Notice


class Told(NamedTuple):
    """That an inbox has, or will get, a notice of a kind about a ticket."""

    ticket_pk: int
    kind: str
    channel: str
    inbox: str


def left(before: Mapping[str, Unit], registry: Registry) -> set[str]:
    """The inboxes and groups that these units had and have no more."""
    gone: set[str] = set()
    for unit_id, unit in before.items():
        after = registry.units.get(unit_id)
        gone |= _inboxes(unit) - (_inboxes(after) if after is not None else set())
    return gone


def outdated(notice: Notice, registry: Registry) -> bool:
    """Whether the registry no longer has this recipient."""
    unit = registry.units.get(notice.unit_id or "")
    if unit is None:
        return True
    if notice.channel == "chat":
        return notice.address not in unit.groups
    channel = cast("Channel", notice.channel)
    theirs = (address for contact in unit.contacts if (address := contact.address(channel)) is not None)
    return inbox(channel, notice.address) not in {inbox(channel, address) for address in theirs}


def readdressed(notices: Iterable[Notice], registry: Registry, told: Iterable[Told]) -> Iterator[Notice]:
    """The waiting notices that change: with another recipient, or withdrawn. `told` holds every notice there is."""
    known = set(told)
    for notice in notices:
        if not outdated(notice, registry):
            continue
        successor = reached_now(notice, registry)
        if successor is None or _told(notice, successor.address) in known:
            yield notice._replace(code=WITHDRAWN)
            continue
        known.add(_told(notice, successor.address))
        yield successor


def reached_now(notice: Notice, registry: Registry) -> Notice | None:
    """The notice as it would reach this recipient, or the one who took the place, today; None when there is nobody."""
    if not outdated(notice, registry):
        return notice
    successor = _successor(notice, registry)
    address = successor.address(cast("Channel", notice.channel)) if successor is not None else None
    if successor is None or address is None:
        return None
    return notice._replace(name=successor.name, address=address, role=successor.role)


def _inboxes(unit: Unit) -> set[str]:
    channels: tuple[Channel, ...] = ("email", "sms")
    found = ((channel, contact.address(channel)) for contact in unit.contacts for channel in channels)
    return {inbox(channel, address) for channel, address in found if address is not None} | set(unit.groups)


def _successor(notice: Notice, registry: Registry) -> Contact | None:
    """The same person, otherwise the first in the same role."""
    if notice.channel == "chat" or notice.unit_id is None:
        return None
    channel = cast("Channel", notice.channel)
    unit = registry.units.get(notice.unit_id)
    same = (contact for contact in unit.contacts if contact.name == notice.name) if unit is not None else ()
    role = cast("Role", notice.role)
    in_role = (contact for _, contact in recipients(registry, notice.unit_id, (role,)))
    return next((contact for contact in (*same, *in_role) if contact.address(channel) is not None), None)


def _told(notice: Notice, address: str) -> Told:
    return Told(notice.ticket_pk, notice.kind, notice.channel, inbox(notice.channel, address))
