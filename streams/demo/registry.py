"""The registry of the demonstration: owners with a duty and a head contact each, supervisors, assets.

People, addresses and numbers are made up: domains end in `.example` (RFC 2606), which nobody can own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from streams.demo.notices import Item, PublishedNotice

Record = tuple[str, dict[str, Any]]
"""Key and value for the registry's topic."""

GUARDED: Final[Record] = ("guarded:lianghui", {"name": "2023年全国两会", "from": "2023-03-04", "to": "2023-03-13"})


def records(notices: Iterable[PublishedNotice]) -> list[Record]:
    """Everything to register, each once, units first."""
    units: dict[str, dict[str, Any]] = {}
    assets: dict[str, dict[str, Any]] = {}
    for notice in notices:
        issuer = notice.issuer["unit_id"]
        name = notice.issuer["name"]
        letterhead = {"name": name, "contact": "演示值班", "phone": "000-88880000"}
        units[issuer] = _unit(issuer, name, None, issuer, len(units)) | {"letterhead": letterhead}
        for asset in notice.registered:
            assets[asset["asset_id"]] = dict(asset)
        for item in notice.items:
            if item.asset_id in assets:
                continue
            owner = f"{item.asset_id}-owner"
            units[owner] = _unit(owner, item.unit_name, issuer, item.asset_id, len(units))
            assets[item.asset_id] = _asset(item, owner)
    return [
        *((f"unit:{unit_id}", unit) for unit_id, unit in units.items()),
        *((f"asset:{asset_id}", asset) for asset_id, asset in assets.items()),
        GUARDED,
    ]


def duty_addresses(registry: Iterable[Record], asset_ids: Collection[str]) -> set[str]:
    """Where the duty contacts of these assets' owners get their mail."""
    by_key = dict(registry)
    owners = [by_key[f"unit:{by_key[f'asset:{asset_id}']['unit_id']}"] for asset_id in asset_ids]
    return {contact["email"] for owner in owners for contact in owner["contacts"] if contact["role"] == "duty"}


def _unit(unit_id: str, name: str, supervisor_id: str | None, domain: str, number: int) -> dict[str, Any]:
    contacts = [
        {"name": title, "role": role, "email": f"{role}@{domain}.example", "phone": f"138{digit}000{number:04}"}
        for digit, (title, role) in enumerate((("值班员", "duty"), ("负责人", "head")))
    ]
    unit = {"unit_id": unit_id, "name": name, "contacts": contacts}
    return unit if supervisor_id is None else {**unit, "supervisor_id": supervisor_id}


def _asset(item: Item, owner: str) -> dict[str, Any]:
    asset = {"asset_id": item.asset_id, "name": item.asset_name, "kind": item.kind, "unit_id": owner}
    return asset | {field: item.found[field] for field in ("platform", "region") if field in item.found}
