"""Registration: what a registry record changes for tickets that are there already (rules A-1 to A-3).

A-1  A finding for an asset that nobody has registered is accepted; its ticket belongs to nobody, and supervisors
     see it under the key `unassigned`.
A-2  When the asset is registered, its open tickets without an owner are handed over to its unit.
A-3  When the asset changes its unit, its open tickets follow; those that a person has reassigned stay.
A-4  When a unit becomes known only after tickets were its own (records of a registry may come in any order), its
     contacts are told of them then.
"""

from __future__ import annotations

from schemas.registry import Asset
from streams.rules.draft import Draft
from streams.rules.handling import hand_over
from streams.rules.notices import notices
from streams.rules.records import Ticket
from streams.rules.tickets import OPEN


def registered(draft: Draft, asset_id: str, record: Asset | None) -> None:
    """Takes an asset's registry record in, or its deletion; the docket holds the whole asset."""
    known = draft.assets[asset_id]
    if record is None:
        draft.put_asset(known._replace(unit_id=None, document_json=None))
        return
    before = known.unit_id
    asset = known._replace(
        unit_id=record.unit_id,
        name=record.name,
        kind=record.kind,
        region=record.region,
        document_json=record.model_dump_json(by_alias=True, exclude_none=True),
    )
    draft.put_asset(asset)
    if asset.kind != known.kind and any(problem.asset_pk == asset.pk for problem in draft.problems.values()):
        draft.count_again(asset.pk)  # V-1: what adds up depends on what the asset is
    if record.unit_id is None or record.unit_id == before:
        return
    for ticket in list(draft.tickets.values()):
        if ticket.asset_pk == asset.pk and ticket.status in OPEN and ticket.unit_id == before:
            hand_over(draft, ticket, record.unit_id, "A-2" if before is None else "A-3", "asset_registered")


def introduced(draft: Draft, ticket: Ticket) -> None:
    """Tells the contacts of a unit that has become known of a ticket that is its own already (A-4)."""
    if ticket.status in OPEN:
        draft.notify(notices(draft, ticket, "opened"))
