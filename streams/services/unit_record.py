"""What is known of one unit beside its record: whether its people can be reached, its assets, what holds for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import orjson

from schemas.addresses import inbox
from schemas.channels import TO_PEOPLE
from schemas.registry import Contact, GuardedPeriod, Producer, Unit
from streams.ledger import Ledger
from streams.ledger.reading.asset_list import AssetFilter, count_assets, find_assets
from streams.ledger.reading.last_letters import InboxOf, LastLetters, last_letters
from streams.ledger.reading.queries import registry_documents
from streams.ledger.reading.registry import readable
from streams.rules.state.records import AssetRecord
from streams.rules.state.snapshot import Registry

SHOWN: Final = 20  # assets of a unit's page


class ReachedAddress(NamedTuple):
    """An address of a contact, and what became of what was sent there."""

    channel: str
    address: str
    wanted: bool  # whether the contact is told there
    letters: LastLetters


class KnownContact(NamedTuple):
    """A person of a unit."""

    contact: Contact
    addresses: Sequence[ReachedAddress]


class UnitRecord(NamedTuple):
    """A unit's page."""

    contacts: Sequence[KnownContact]
    assets: Sequence[AssetRecord]  # the first of them
    asset_count: int  # one more than COUNTED: there are more
    periods: Sequence[GuardedPeriod]  # that hold for its region and are not over, the next first
    producers: Sequence[Producer]


async def unit_record(ledger: Ledger, unit: Unit, registry: Registry, now: datetime) -> UnitRecord:
    """Raises TooSlow."""
    own = AssetFilter(units=(unit.unit_id,))
    return UnitRecord(
        await _contacts(ledger, unit),
        await find_assets(ledger, own, "", SHOWN),
        await count_assets(ledger, own),
        periods_for(registry, unit.region, now),
        [one for one in (await producers(ledger)).values() if one.unit_id == unit.unit_id],
    )


async def producers(ledger: Ledger) -> dict[str, Producer]:
    """The registered producers, by source."""
    return readable(await registry_documents(ledger, "producer"), Producer.model_validate_json)[0]


async def stored(ledger: Ledger, kind: str) -> dict[str, Mapping[str, Any]]:
    """The records of a kind by id, as they were registered."""
    return {record_id: orjson.loads(text) for record_id, text in (await registry_documents(ledger, kind)).items()}


def periods_for(registry: Registry, region: str | None, now: datetime) -> list[GuardedPeriod]:
    """The guarded periods that hold there and are not over, the next first."""
    today = now.astimezone(registry.zone).date()
    found = [
        one
        for one in registry.guarded.values()
        if (not one.regions or region in one.regions) and day_of(one.to, registry) >= today
    ]
    return sorted(found, key=lambda one: day_of(one.from_, registry))


def day_of(moment: date | datetime, registry: Registry) -> date:
    """The day of an end of a period."""
    return moment.astimezone(registry.zone).date() if isinstance(moment, datetime) else moment


async def _contacts(ledger: Ledger, unit: Unit) -> list[KnownContact]:
    addresses = {
        contact: [
            (channel, str(address))
            for channel, row in TO_PEOPLE.items()
            if (address := getattr(contact, row.contact_field or ""))
        ]
        for contact in unit.contacts
    }
    wanted = [InboxOf(channel, inbox(channel, one)) for some in addresses.values() for channel, one in some]
    letters = await last_letters(ledger, wanted)
    return [
        KnownContact(
            contact,
            [
                ReachedAddress(
                    channel,
                    address,
                    contact.channels is None or channel in contact.channels,
                    letters[InboxOf(channel, inbox(channel, address))],
                )
                for channel, address in addresses[contact]
            ],
        )
        for contact in unit.contacts
    ]
