"""A notice as it is decided: nothing of it has been tried yet (rule N-1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b

from schemas.registry import Contact, Unit
from streams.rules.state.records import Notice


def by_mail(unit: Unit) -> Iterator[tuple[Contact, str]]:
    """The unit's duty contacts that have an address, all that have one where none of them is on duty."""
    reached = [(one, address) for one in unit.contacts if (address := one.address("email")) is not None]
    return iter([one for one in reached if one[0].role == "duty"] or reached)


def pending(
    cause: str,
    *,
    ticket_pk: int,
    asset_pk: int,
    kind: str,
    channel: str,
    unit_id: str | None,
    name: str,
    address: str,
    role: str,
    at: datetime,
    not_before: datetime,
    expires_at: datetime,
    exempt: bool = False,
    subject_json: str | None = None,
) -> Notice:
    """A notice known by its cause, which names the recipient too: the same cause is the same notice, however often."""
    return Notice(
        notice_id=blake2b(cause.encode(), digest_size=16).hexdigest(),
        ticket_pk=ticket_pk,
        asset_pk=asset_pk,
        kind=kind,
        channel=channel,
        unit_id=unit_id,
        name=name,
        address=address,
        role=role,
        exempt=exempt,
        created_at=at,
        not_before=not_before,
        expires_at=expires_at,
        state="pending",
        attempts=0,
        lease_until=None,
        provider=None,
        code=None,
        updated_at=at,
        subject_json=subject_json,
    )
