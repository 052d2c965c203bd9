"""Handover 移交: what a registry record changes for tickets that are there already (rules A-1 to A-4, A-10 to A-14).

A-1  A finding for an asset that nobody has registered is accepted; its ticket belongs to nobody, and supervisors
     see it under the key `unassigned`.
A-2  When the asset is registered, its open tickets without an owner are handed over to its unit.
A-3  When the asset changes its unit, its open tickets follow; those that a person has reassigned stay. Of more than 250
     the registration only notes which they are, and they follow page by page (ledger/batch/followers.py), as the
     registry says then. So do those that A-2, A-10, A-13 and A-14 speak of. What a command, a recheck or another
     record names before its page comes, and what falls due, follows first.
A-4  When a unit becomes known only after tickets were its own (records of a registry may come in any order), or
     somebody of it can be reached only then, its contacts are told of them, unless they have been.
A-10  An asset that is deleted, or whose owner is taken away, leaves no ticket in silence: each open one stays with its
      unit, its ladder goes on, and supervisors are told (`orphaned`); registered again, it follows (A-3).
A-11  A unit that is merged into another one (`replaced_by`) hands over all its open tickets and its assets; the
      deadline stays, the successor is told. That goes page by page (ledger/batch/handovers.py); what is touched before
      its page comes is handed over at once.
A-12  A unit that is deleted without a successor leaves its open tickets to the supervisors (`orphaned`), under the key
      `unassigned` from then on.
A-13  A site that has moved (`replaced_by`) takes no problem along, since where it was found is part of what it is:
      its open tickets stay as they are and supervisors are told (`asset_moved`). What is wrong with the new site is
      found there.
A-14  Where the registry says that an asset is removed and who has verified it (`removed_at`, `removed_by`), its open
      tickets close, reason `asset_removed`. Without that only a person closes them.
"""

from __future__ import annotations

from typing import Any

import orjson

from schemas.ladder import OPENED
from schemas.registry import Asset
from streams.rules.commands.first_word import registered_late
from streams.rules.commands.unit_actions import hand_over
from streams.rules.commands.verdicts import close_removed
from streams.rules.notices.notices import notices
from streams.rules.state.changes import Changes
from streams.rules.state.outcomes import OtherOutcome
from streams.rules.state.owners import predecessors, successor
from streams.rules.state.records import AssetRecord, Follower, Following, Ticket
from streams.rules.tickets.tickets import OPEN


def registered(changes: Changes, asset_id: str, record: Asset | None) -> None:
    """Takes an asset's registry record in, or its deletion; the snapshot holds the whole asset."""
    known = changes.assets[asset_id]
    if record is None:
        if known.document_json is not None:
            former = successor(changes.registry, known.unit_id or known.former_unit_id)
            asset = known._replace(unit_id=None, document_json=None, former_unit_id=former)
            changes.put_asset(asset)
            _follow(changes, asset, former, goes=True, everyone=True)
        return
    unit_id = successor(changes.registry, record.unit_id)
    before = successor(changes.registry, known.unit_id or known.former_unit_id)
    asset = known._replace(
        unit_id=unit_id,
        name=record.name,
        kind=record.kind,
        region=record.region,
        code=record.code,
        document_json=record.model_dump_json(by_alias=True, exclude_none=True),
        former_unit_id=known.former_unit_id if unit_id == before else before,
    )
    changes.put_asset(asset)
    if asset.kind != known.kind and (asset.pk in changes.crowded or _open(changes, asset)):
        changes.count_again(asset.pk)  # V-1: what adds up depends on what the asset is
    goes = asset.unit_id is not None or known.unit_id is not None
    moved = record.replaced_by is not None and record.replaced_by != _document(known).get("replaced_by")
    _follow(changes, asset, before, goes=goes, everyone=moved or is_removed(asset), moved=moved)


def _follow(
    changes: Changes, asset: AssetRecord, before: str | None, *, goes: bool, everyone: bool, moved: bool = False
) -> None:
    """At once, where the tickets are at hand; otherwise when their page comes."""
    if asset.pk in changes.crowded:
        # Tickets that are not here may still belong to units which were merged into that one.
        owners = predecessors(changes.registry, before)
        changes.change_set.following.append(Following(asset.pk, owners, asset.unit_id, goes, everyone, moved))
        return
    for ticket in _open(changes, asset):
        follows = goes and ticket.unit_id in (None, before) and ticket.unit_id != asset.unit_id
        if follows or everyone:
            _follow_now(changes, Follower(ticket.pk, asset.pk, follows, moved))


def _follow_now(changes: Changes, follower: Follower) -> None:
    """What its asset's record, as it stands, means for an open ticket (A-2, A-3, A-10, A-13, A-14)."""
    ticket, asset = changes.tickets[follower.ticket_pk], changes.asset_by_pk[follower.asset_pk]
    if ticket.status not in OPEN:
        return
    registry = changes.registry
    # Without an owner it stays with the last one, or goes there: its page may come after two records.
    owner = asset.unit_id or successor(registry, asset.former_unit_id)
    if follower.follows and owner is not None and successor(registry, ticket.unit_id) != owner:
        nobodys = ticket.unit_id is None
        ticket = hand_over(changes, ticket, owner, "A-2" if nobodys else "A-3", "asset_registered")
        if nobodys:
            ticket = registered_late(changes, ticket)
        changes.inherited.add(ticket.pk)
    if asset.document_json is None:
        _orphaned(changes, ticket, "A-10", "asset_deleted", "资产已从名录注销，整改单未了结，请主管单位处置")
        return
    if follower.follows and asset.unit_id is None:
        _orphaned(changes, ticket, "A-10", "owner_removed", "资产已无主办单位，整改单未了结，请主管单位处置")
    document = _document(asset)
    if is_removed(asset):
        close_removed(changes, changes.tickets[ticket.pk], document["removed_by"])
    elif follower.moved and "replaced_by" in document:
        _moved(changes, changes.tickets[ticket.pk], document["replaced_by"])


def is_removed(asset: AssetRecord) -> bool:
    """Whether the registry says that it is, and who has verified it (A-14)."""
    return {"removed_at", "removed_by"} <= _document(asset).keys()


def catch_up(changes: Changes) -> None:
    """What the batch touches follows its asset first (A-3), and its unit, where that was merged (A-11)."""
    registry = changes.registry
    owners = {asset.unit_id for asset in changes.assets.values()} | {
        ticket.unit_id for ticket in changes.tickets.values()
    }
    merged = {old: new for old in owners if old is not None and (new := successor(registry, old)) not in (None, old)}
    for asset in [asset for asset in changes.assets.values() if asset.unit_id in merged] if merged else ():
        changes.put_asset(asset._replace(unit_id=merged[asset.unit_id or ""], former_unit_id=asset.unit_id))
    for follower in changes.followers.values():
        _follow_now(changes, follower)
    if not merged:
        return
    for ticket in [t for t in changes.tickets.values() if t.unit_id in merged and t.status in OPEN]:
        hand_over(changes, ticket, merged[ticket.unit_id or ""] or "", "A-11", "unit_replaced")
        changes.inherited.add(ticket.pk)


def unit_changed(changes: Changes, ticket: Ticket) -> OtherOutcome:
    """What its unit's change means for a ticket: `catch_up` has handed it over (A-11), or A-12, or A-4."""
    if ticket.status not in OPEN or ticket.pk in changes.inherited:
        return "handed_over"
    if ticket.unit_id not in changes.registry.units:
        _orphaned(changes, ticket, "A-12", "unit_deleted", "责任单位已从名录注销，整改单未了结，请主管单位处置")
        return "orphaned"
    if ticket.unit_id not in changes.told.get(ticket.pk, ()):
        changes.notify(notices(changes, ticket, OPENED))
    return "introduced"


def _open(changes: Changes, asset: AssetRecord) -> list[Ticket]:
    return [ticket for ticket in changes.tickets.values() if ticket.asset_pk == asset.pk and ticket.status in OPEN]


def _document(asset: AssetRecord) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(asset.document_json or "{}")
    return document


def _orphaned(changes: Changes, ticket: Ticket, rule: str, reason: str, words: str) -> None:
    _tell_supervisors(changes, ticket, "orphaned", rule, reason, words)


def _moved(changes: Changes, ticket: Ticket, replaced_by: str) -> None:
    words = f"资产已迁移至 {replaced_by}，整改单未了结，请主管单位核实"
    _tell_supervisors(changes, ticket, "asset_moved", "A-13", "asset_replaced", words, replaced_by=replaced_by)


def _tell_supervisors(
    changes: Changes, ticket: Ticket, kind: str, rule: str, reason: str, words: str, **body: Any
) -> None:
    ticket = changes.put_ticket(ticket)
    event = changes.event(kind, rule, reason, words, ticket, **body)
    unit = changes.registry.units.get(ticket.unit_id) if ticket.unit_id else None
    changes.escalate(changes.policy.looking, event, ticket, unit.supervisor_id if unit else None)
