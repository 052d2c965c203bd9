"""Contacts as they may be registered: an address that can be written to, a mobile number in one form (rule N-48).

N-48  A contact's address is one plain e-mail address (a Chinese domain too), its number a mobile number: the mainland's
      in eleven digits, however it was written, others with their `+`. What is neither is refused, with its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from notifiers.addresses import valid_email, wire_phone
from schemas.registry import Contact, Unit


def contact_faults(contacts: Iterable[Any]) -> Iterator[tuple[int, str, str]]:
    """What is wrong with contacts as they stand in a file or message: index, field, reason."""
    for index, contact in enumerate(contacts):
        if not isinstance(contact, dict):
            continue
        email, phone = contact.get("email"), contact.get("phone")
        if isinstance(email, str) and not valid_email(email):
            yield index, "email", f"{email!r} is not an e-mail address"
        if isinstance(phone, str) and wire_phone(phone) is None:
            yield index, "phone", f"{phone!r} is not a mobile number"


def with_plain_numbers(unit: Unit) -> Unit:
    """The unit with its contacts' numbers as gateways take them."""
    return unit.model_copy(update={"contacts": tuple(map(_plain, unit.contacts))}) if unit.contacts else unit


def _plain(contact: Contact) -> Contact:
    number = wire_phone(contact.phone) if contact.phone else None
    return contact if number in {None, contact.phone} else contact.model_copy(update={"phone": number})
