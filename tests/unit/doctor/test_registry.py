"""What the doctor says of a registry: who is told of nothing, and which ids lead nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from schemas.registry import Asset, Producer, Unit
from streams.doctor.line import CheckLine
from streams.doctor.registry import SHOWN, read_registry, registry_lines
from streams.ledger import open_ledger, upgrade
from streams.settings.model import Settings

DUTY = {"name": "王值守", "email": "wang@kjj.gov.cn", "phone": "13800000001"}
HEAD = {"name": "李局长", "email": "li@kjj.gov.cn", "phone": "13800000002", "role": "head"}


def unit(unit_id: str, **fields: Any) -> Unit:
    """A unit of which nothing is missing but what is said."""
    return Unit.model_validate({"unit_id": unit_id, "name": unit_id, "contacts": [DUTY, HEAD], **fields})


def asset(asset_id: str, **fields: Any) -> Asset:
    """The same of an asset."""
    document = {"asset_id": asset_id, "name": asset_id, "kind": "website", "unit_id": "kjj", **fields}
    return Asset.model_validate_json(json.dumps(document))


def examined(
    units: list[Unit], assets: list[Asset], producers: tuple[Producer, ...] = (), strangers: tuple[str, ...] = ()
) -> list[CheckLine]:
    """The lines about these records."""
    return registry_lines({one.unit_id: one for one in units}, assets, producers, strangers)


def test_a_whole_registry() -> None:
    """One line says how much there is."""
    (line,) = examined([unit("kjj", supervisor_id="sfb"), unit("sfb")], [asset("site")])
    assert (line.level, line.text) == ("ok", "名录完整 · the registry is whole: 2 units, 1 assets")


def test_each_thing_that_breaks_in_silence() -> None:
    """Named with its id; a warning each, with what to do."""
    units = [
        unit("sfb", contacts=[{"name": "张", "email": "z@sfb.gov.cn"}]),
        unit("kjj", supervisor_id="sfb", contacts=[DUTY, {**HEAD, "phone": None}]),
        unit("jyj", supervisor_id="nosuch", contacts=[]),
        unit("wsj", contacts=[{"name": "赵", "email": "z@wsj.gov.cn", "channels": ["sms"]}]),
        unit("old", replaced_by="gone", contacts=[]),
    ]
    assets = [
        asset("one", unit_id=None),
        asset("two", unit_id="nosuch2"),
        asset("three", replaced_by="nowhere", unit_id=None),
        asset("four", unit_id=None, removed_at="2026-01-01"),
    ]
    producers = (Producer(source="crawler", name="采集", unit_id="nosuch3"),)
    lines = examined(units, assets, producers, ("stranger",))
    assert {line.level for line in lines} == {"warning"}
    assert all(line.advice and " · " in line.text for line in lines)
    nowhere = (
        "jyj: supervisor_id nosuch, old: replaced_by gone, two: unit_id nosuch2, three: replaced_by nowhere, "
        "crawler: unit_id nosuch3"
    )
    assert [line.text.partition(": ")[2] for line in lines] == [
        "jyj, wsj",
        "one",
        nowhere,
        "no short message reaches them: sfb, kjj: 李局长",
        "stranger",
    ]


def test_many_are_counted() -> None:
    """The first few stand for all."""
    (line,) = examined([unit("kjj")], [asset(f"site-{n}", unit_id=None) for n in range(400)])
    assert line.text.startswith("没有主办单位的资产 400 个 · assets without a unit: site-0, site-1")
    assert line.text.count("site-") == SHOWN


async def test_an_empty_one(tmp_path: Path) -> None:
    """Before the first import nobody is told of anything."""
    settings = Settings.load(database_url=f"sqlite:///{tmp_path / 'rectify.db'}")
    await upgrade(settings.database_url.get_secret_value())
    (line,) = await read_registry(settings)
    assert line.level == "warning"
    assert "名录为空" in line.text


async def test_records_that_cannot_be_read(tmp_path: Path) -> None:
    """They are named; the others are looked at all the same."""
    url = f"sqlite:///{tmp_path / 'rectify.db'}"
    await upgrade(url)
    ledger = await open_ledger(url, owner="w")
    async with ledger.transaction() as tx:
        await tx.registry.save("unit", "kjj", unit("kjj").model_dump_json(exclude_none=True))
        await tx.registry.save("unit", "odd", '{"unit_id":"odd"}')
        await tx.registry.save("producer", "crawler", "{}")
    await ledger.close()
    unread, whole = await read_registry(Settings.load(database_url=url))
    assert (unread.level, unread.text.partition(": ")[2]) == ("warning", "odd, crawler")
    assert (whole.level, whole.text) == ("ok", "名录完整 · the registry is whole: 1 units, 0 assets")
