"""Fallback 改发: news that did not reach its contact goes to another one, once; pure (rules N-25, N-26).

N-25  A mail or short message that bounced, or that is refused for its address, has the same news go to another contact
      of the unit, whatever the role; otherwise to the same person over the other channel; otherwise to the supervising
      unit. Nothing, when somebody of that unit has the news already or is about to get it.
N-26  Once: what was sent in another's place is not followed when it fails too, and neither are copies for groups,
      warnings, and news of a ticket that has ended or is another unit's by now. Nobody's answering is no failure of
      a notice: that is what the ladder's next step is for.

The id of the notice in another's place comes from that of the failed one, and from nothing else: there cannot be two,
and whoever has both can tell which stands for which.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Final, cast

from schemas.addresses import inbox
from schemas.channels import COPIES, TO_PEOPLE, Channel
from schemas.registry import Contact, Unit
from streams.rules.notices.notices import EXPIRY
from streams.rules.state.records import Notice, Ticket
from streams.rules.state.snapshot import Registry
from streams.rules.tickets.tickets import OPEN

_FAILED: Final = frozenset({"undelivered", "dead", "suppressed", "expired"})
_ABOUT_ADDRESS: Final = frozenset({"bad_address", "rejected"})  # first words of the codes of refusals


def failed(state: str, code: str | None) -> bool:
    """Whether this end of a notice says that its recipient cannot be reached there."""
    return state == "undelivered" or (state == "dead" and (code or "").partition(":")[0] in _ABOUT_ADDRESS)


def place_id(notice_id: str) -> str:
    """The id of the notice that stands in this one's place."""
    return blake2b(f"in place of\x1f{notice_id}".encode(), digest_size=16).hexdigest()


def in_place_of(notices: Iterable[Notice]) -> dict[str, Notice]:
    """By the id of a notice in another's place: the one that failed. `notices` are all of a ticket."""
    return {place_id(notice.notice_id): notice for notice in notices}


def in_their_place(
    failures: Sequence[Notice],
    tickets: Mapping[int, Ticket],
    told: Mapping[int, Sequence[Notice]],
    registry: Registry,
    usable: Collection[str],
    at: datetime,
) -> list[Notice]:
    """The notices that follow; `told` has every notice of each ticket, with these failures in it as they now stand."""
    made: list[Notice] = []
    known = {pk: list(notices) for pk, notices in told.items()}
    for notice in failures:
        ticket = tickets.get(notice.ticket_pk)
        if ticket is None or notice.channel not in TO_PEOPLE or not _concerns(ticket, notice, registry):
            continue
        others = known[ticket.pk]
        if notice.notice_id in in_place_of(others):
            continue
        another = _another(notice, others, registry, usable, at)
        if another is not None:
            others.append(another)
            made.append(another)
    return made


def _concerns(ticket: Ticket, notice: Notice, registry: Registry) -> bool:
    owner = registry.units.get(ticket.unit_id or "")
    return ticket.status in OPEN and owner is not None and notice.unit_id in (owner.unit_id, owner.supervisor_id)


def _another(
    notice: Notice, others: Sequence[Notice], registry: Registry, usable: Collection[str], at: datetime
) -> Notice | None:
    # An earlier cycle's notices of this kind were made earlier.
    news = [one for one in others if one.kind == notice.kind and one.created_at >= notice.created_at]
    tried = {inbox(one.channel, one.address) for one in news}
    unit = registry.units.get(notice.unit_id or "")
    supervisor = registry.units.get(unit.supervisor_id or "") if unit is not None else None
    for place in (unit, supervisor):
        if place is None:
            continue
        if any(one.unit_id == place.unit_id and one.state not in _FAILED and one.channel not in COPIES for one in news):
            return None
        for contact, channel in _ways(place, notice):
            address = contact.address(channel)
            if channel in usable and address is not None and inbox(channel, address) not in tried:
                return _of(notice, place, contact, channel, address, at)
    return None


def _ways(unit: Unit, notice: Notice) -> Iterator[tuple[Contact, Channel]]:
    """Others before the same person, those on duty first; each over the channel that failed before the other one."""
    channels = sorted(TO_PEOPLE, key=lambda channel: channel != notice.channel)
    for contact in sorted(unit.contacts, key=lambda one: (one.name == notice.name, one.role != "duty")):
        for channel in channels:
            yield contact, channel


def _of(notice: Notice, unit: Unit, contact: Contact, channel: Channel, address: str, at: datetime) -> Notice:
    return notice._replace(
        notice_id=place_id(notice.notice_id),
        channel=cast("str", channel),
        unit_id=unit.unit_id,
        name=contact.name,
        address=address,
        role=contact.role,
        created_at=at,
        not_before=at,
        expires_at=at + EXPIRY,
        state="pending",
        attempts=0,
        lease_until=None,
        provider=None,
        code=None,
        updated_at=at,
        delivery_id=None,
    )
