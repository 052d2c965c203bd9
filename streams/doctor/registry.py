"""The registry: what breaks most, and in silence. Who is told of nothing, and which ids lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from schemas.registry import Asset, Producer, Unit
from streams.doctor.line import CheckLine, ok, warning
from streams.ledger import open_ledger
from streams.ledger.reading.queries import registry_documents
from streams.ledger.reading.registry import asset_documents, readable, unregistered_with_tickets
from streams.settings.model import Settings

SHOWN: Final = 5
_IMPORT: Final = "补全后 `rectify registry import` · complete it, then import it"
_ANEW: Final = "`rectify registry import` 重新导入 · import them anew"
_UNKNOWN: Final = "改正编号，或登记缺少的记录，再导入 · correct the id, or add the missing record, then import"


async def read_registry(settings: Settings) -> list[CheckLine]:
    """What is wrong with the registry that workers go by."""
    ledger = await open_ledger(settings.database_url.get_secret_value())
    try:
        units, odd_units = readable(await registry_documents(ledger, "unit"), Unit.stored)
        producers, odd_producers = readable(await registry_documents(ledger, "producer"), Producer.model_validate_json)
        assets, odd_assets = readable(await asset_documents(ledger), Asset.model_validate_json)
        strangers = await unregistered_with_tickets(ledger)
    finally:
        await ledger.close()
    odd = [*odd_units, *odd_assets, *odd_producers]
    unread = _about("读不懂的记录", "records that this release cannot read", odd, _ANEW)
    lines = registry_lines(units, [*assets.values()], [*producers.values()], strangers)
    return lines if unread is None else [unread, *lines]


def registry_lines(
    units: Mapping[str, Unit], assets: Sequence[Asset], producers: Sequence[Producer], strangers: Sequence[str]
) -> list[CheckLine]:
    """The same of records; `strangers` are assets with open tickets and no record."""
    lines = [
        _about("没有联系人的单位", "units without a contact that can be reached", _unreached(units), _IMPORT),
        _about("没有主办单位的资产", "assets without a unit", _ownerless(assets), _IMPORT),
        _about("指向不存在记录的编号", "ids that lead nowhere", list(_dangling(units, assets, producers)), _UNKNOWN),
        _about(
            "没有手机号的负责人和主管单位",
            "heads and supervising units without a phone number: no short message reaches them",
            list(_without_phone(units)),
            _IMPORT,
        ),
        _about("有整改单而未登记的资产", "assets with open tickets that are not registered", strangers, _IMPORT),
    ]
    found = [line for line in lines if line is not None]
    if not units and not assets:
        empty = "名录为空，无人会收到通知 · the registry is empty: nobody is told of anything"
        return [warning("registry", empty, "`rectify registry import FILE` 导入单位、联系人和资产"), *found]
    return found or [ok("registry", f"名录完整 · the registry is whole: {len(units)} units, {len(assets)} assets")]


def _about(chinese: str, english: str, ids: Sequence[str], advice: str) -> CheckLine | None:
    if not ids:
        return None
    named = ", ".join(ids[:SHOWN]) + (" ..." if len(ids) > SHOWN else "")
    return warning("registry", f"{chinese} {len(ids)} 个 · {english}: {named}", advice)


def _unreached(units: Mapping[str, Unit]) -> list[str]:
    """A unit that was merged into another needs no contact any more."""
    return [
        name
        for name, unit in units.items()
        if unit.replaced_by is None and not any(contact.is_reachable for contact in unit.contacts)
    ]


def _ownerless(assets: Sequence[Asset]) -> list[str]:
    return [
        asset.asset_id
        for asset in assets
        if asset.unit_id is None and asset.replaced_by is None and asset.removed_at is None
    ]


def _dangling(units: Mapping[str, Unit], assets: Sequence[Asset], producers: Sequence[Producer]) -> Iterator[str]:
    known = {asset.asset_id for asset in assets}
    for name, unit in units.items():
        if unit.supervisor_id is not None and unit.supervisor_id not in units:
            yield f"{name}: supervisor_id {unit.supervisor_id}"
        if unit.replaced_by is not None and unit.replaced_by not in units:
            yield f"{name}: replaced_by {unit.replaced_by}"
    for asset in assets:
        if asset.unit_id is not None and asset.unit_id not in units:
            yield f"{asset.asset_id}: unit_id {asset.unit_id}"
        if asset.replaced_by is not None and asset.replaced_by not in known:
            yield f"{asset.asset_id}: replaced_by {asset.replaced_by}"
    for producer in producers:
        if producer.unit_id is not None and producer.unit_id not in units:
            yield f"{producer.source}: unit_id {producer.unit_id}"


def _without_phone(units: Mapping[str, Unit]) -> Iterator[str]:
    """Supervision goes to the owner's heads and to the supervising unit, by short message too."""
    supervising = {unit.supervisor_id for unit in units.values()}
    for name, unit in units.items():
        if unit.replaced_by is not None:
            continue
        for contact in unit.contacts:
            if contact.role == "head" and not contact.phone:
                yield f"{name}: {contact.name}"
        if name in supervising and unit.contacts and not any(contact.phone for contact in unit.contacts):
            yield name
