"""Groups of assets: kinds, fields of the registry, the unit tree, and what the pack joins (rule S-8).

S-8  A row counts the websites or the accounts of one value of a field (地区, 层级, 平台, 类别, 单位), or of two fields.
     Groups of the pack may overlap and may join values, units with all below them, or other groups. Rows stand in the
     pack's order, what it does not name behind that in the order of the register.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from schemas.bulletin_rules import BulletinRules
from streams.rules.state.records import AssetRecord

KINDS: Final[Mapping[str, str]] = {"website": "websites", "account": "accounts"}
DIMENSIONS: Final = ("region", "level", "platform", "class", "unit")
PAIRS: Final = (("level", "platform"), ("region", "level"), ("region", "platform"))
Key = str | tuple[str, str]


class Counted(NamedTuple):
    """An asset with what groups look at."""

    kind: str  # websites, accounts
    fields: Mapping[str, str]  # by dimension; an asset has no row where it has no value
    groups: tuple[str, ...]  # of the pack


def counted(asset: AssetRecord, rules: BulletinRules, above: Mapping[str, str | None]) -> Counted:
    """The groups of an asset; `above`: the supervising unit of each unit."""
    document: dict[str, Any] = orjson.loads(asset.document_json or "{}")
    kind = "account" if asset.kind == "account" else "website"
    fields = {name: str(document.get(name) or "") for name in ("region", "level", "platform", "class")}
    fields |= {"unit": asset.unit_id or "", "kind": kind}
    if kind == "website" and not fields["platform"]:
        del fields["platform"]
    values = {asset.asset_id, *fields.values(), *_over(asset.unit_id, above)} - {""}
    known = {**document, **fields, "asset_id": asset.asset_id, "unit_id": asset.unit_id}
    found = {group.name for group in rules.groups if group.when and group.fits(known)}
    direct = {group.name for group in rules.groups if not values.isdisjoint(group.members)}
    found |= {group.name for group in rules.groups if group.name in direct and (not group.when or group.fits(known))}
    while more := {group.name for group in rules.groups if not found.isdisjoint(group.members)} - found:
        found |= more
    return Counted(KINDS[kind], fields, tuple(group.name for group in rules.groups if group.name in found))


def is_in(
    area: str, asset: AssetRecord, row: Counted, above: Mapping[str, str | None], *, unit_only: bool = False
) -> bool:
    """Whether an asset belongs to an area: a unit with all below it, or, if not only that, a region or a group."""
    named = () if unit_only else (row.fields["region"], *row.groups)
    return area in (*named, *_over(asset.unit_id, above))


def is_scored(row: Counted, rules: BulletinRules) -> bool:
    """Whether the pack gives points to it (S-1)."""
    return not {row.fields["kind"], *row.fields.values(), *row.groups}.isdisjoint(rules.scored)


def keys(row: Counted) -> Iterable[tuple[str, Key]]:
    """Each dimension in which the asset has a row, and its key there."""
    fields = row.fields
    for name in DIMENSIONS:
        if name in fields:
            yield name, fields[name]
    for one, other in PAIRS:
        if one in fields and other in fields:
            yield f"{one} x {other}", (fields[one], fields[other])


def in_order(found: Iterable[Key], dimension: str, rules: BulletinRules) -> list[Key]:
    """The office's own order; what it does not name stands behind that, in the order given."""
    orders = [rules.order.get(name, ()) for name in dimension.split(" x ")]

    def place(key: Key) -> tuple[int, ...]:
        parts: Sequence[str] = (key,) if isinstance(key, str) else key
        return tuple(
            order.index(part) if part in order else len(order) for part, order in zip(parts, orders, strict=True)
        )

    return sorted(found, key=place)


def _over(unit_id: str | None, above: Mapping[str, str | None]) -> list[str]:
    """The unit and all that are above it; a circle ends where it begins."""
    found: list[str] = []
    while unit_id is not None and unit_id not in found:
        found.append(unit_id)
        unit_id = above.get(unit_id)
    return found
