"""Mails about the looking itself, to other units than the ticket's own (rules R-34, R-39).

R-39 A run that is held (C-4, R-21) and a request that nobody answers (R-34) are told by mail to the duty contacts of
     the unit that supervises, or that runs the producer: gathered like openings (N-3), each once. The mail names a
     ticket that waits for it, and is not sent any more once that ticket is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from schemas.addresses import inbox
from schemas.registry import Unit
from streams.rules.notices.notices import EXPIRY
from streams.rules.notices.pending import by_mail, pending
from streams.rules.state.changes import Changes
from streams.rules.state.records import Notice, Ticket


def tell_operators(
    changes: Changes, ticket: Ticket, kind: str, unit_ids: Iterable[str], of: str, about: str | None = None
) -> None:
    """Records the mails of this kind; `of` tells two occasions of one ticket apart, or of what it is `about`."""
    told: set[str] = set()
    for unit in filter(None, map(changes.registry.units.get, unit_ids)):
        changes.notify(_mails(changes, ticket, kind, unit, f"{about or ticket.ticket_id}\x1f{kind}\x1f{of}", told))


def _mails(changes: Changes, ticket: Ticket, kind: str, unit: Unit, occasion: str, told: set[str]) -> Iterator[Notice]:
    for contact, address in by_mail(unit):
        if (one := inbox("email", address)) in told:
            continue
        told.add(one)
        cause = f"{occasion}\x1femail\x1f{one}"
        yield pending(
            cause,
            ticket_pk=ticket.pk,
            asset_pk=ticket.asset_pk,
            kind=kind,
            channel="email",
            unit_id=unit.unit_id,
            name=contact.name,
            address=address,
            role=contact.role,
            at=changes.at,
            not_before=changes.at + timedelta(minutes=changes.policy.sending.gather.minutes),
            expires_at=changes.at + EXPIRY,
        )
