"""`/registry/assets`: the assets, looked for by name, id or 网站标识码; `/registry/asset`: one of them."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import Response

from notifiers.text import clean
from schemas.vocabulary import ASSET_KIND_LABELS
from streams.ledger import TooSlow
from streams.ledger.reading.asset_list import COUNTED, AssetFilter, asset_called, count_assets, find_assets
from streams.ledger.reading.unit_counts import open_by_asset
from streams.presentation.labels import PLATFORM, labelled
from streams.presentation.registry import cell_words, field_label
from streams.presentation.unit_page.places import href
from streams.rules.state.owners import units_below
from streams.rules.state.records import AssetRecord
from streams.services.failure import Failure
from streams.services.names import unit_named
from streams.services.ticket_query import TOO_WIDE
from streams.services.unit_record import periods_for
from streams.web.desk.visits import Visit
from streams.web.registry.outcome import edit_told
from streams.web.registry.standing import period_lines
from streams.web.registry.units import unit_options

_A_PAGE: Final = 50
_TEXT: Final = 200  # characters of what is looked for
_OPTIONS: Final = 200  # of a list to choose from; more are typed
_NO_SUCH, _WRONG = 404, 422
_NAMES: Final = ("q", "unit", "sub", "kind", "registered")
_FACTS: Final = ("asset_id", "code", "kind", "platform", "region", "level", "class", "removed_at", "removed_by")
_KNOWN: Final = (*_FACTS, "name", "unit_id", "url", "replaced_by")


async def asset_seen(visit: Visit, asset_id: str) -> AssetRecord:
    """The asset, if the viewer sees it; raises 404."""
    found = await asset_called(visit.premises.ledger, asset_id)
    if found is None or not visit.viewer.sees(found.unit_id):
        raise HTTPException(_NO_SUCH)
    return found


async def show_assets(visit: Visit) -> Response:
    """The address is the whole state; behind `after` the list goes on."""
    query = visit.request.query_params
    values = {name: clean(query.get(name, ""))[:_TEXT] for name in _NAMES}
    registry = await visit.premises.registry()
    options = unit_options(visit, registry)
    errors: dict[str, str] = {}
    units = visit.viewer.units
    if values["unit"]:
        try:
            named = unit_named(dict(options), values["unit"]) or ""
        except Failure as error:
            named, errors["unit"] = "", str(error)
        wanted = units_below(registry.units, named) if values["sub"] else frozenset((named,))
        units = wanted if units is None else wanted & units
    wanted_ones = AssetFilter(
        values["q"],
        units,
        values["kind"] if values["kind"] in ASSET_KIND_LABELS else "",
        {"0": False, "1": True}.get(values["registered"]),
    )
    rows: list[AssetRecord] = []
    count, open_ones = 0, dict[int, int]()
    try:
        ledger = visit.premises.ledger
        rows = await find_assets(ledger, wanted_ones, query.get("after", ""), _A_PAGE + 1)
        count = await count_assets(ledger, wanted_ones)
        open_ones = await open_by_asset(ledger, [one.pk for one in rows[:_A_PAGE]], visit.viewer.units)
    except TooSlow:
        errors["q"] = TOO_WIDE
    kept = {name: value for name, value in values.items() if value}
    context: dict[str, Any] = {
        "rows": [(one, _line(one), registry.units.get(one.unit_id or "")) for one in rows[:_A_PAGE]],
        "open": open_ones,
        "total": str(count) if count <= COUNTED else f"{COUNTED}+",
        "values": values,
        "errors": errors,
        "units": options if len(options) <= _OPTIONS else [],
        "kinds": ASSET_KIND_LABELS,
        "everything": visit.viewer.units is None,
        "next": urlencode({**kept, "after": rows[_A_PAGE - 1].asset_id}) if len(rows) > _A_PAGE else "",
        "first": urlencode(kept),
        "later": bool(query.get("after")),
        "may_edit": visit.viewer.may("register"),
    }
    return visit.page("registry/assets.html", _WRONG if errors else 200, **context)


def _line(one: AssetRecord) -> dict[str, str]:
    record = document_of(one)
    kind = " ".join(filter(None, (labelled(ASSET_KIND_LABELS, one.kind), labelled(PLATFORM, record.get("platform")))))
    state = "未登记" if one.document_json is None else "已关停" if record.get("removed_at") else ""
    return {"kind": kind, "state": state}


def document_of(one: AssetRecord) -> dict[str, Any]:
    """Its record, as it was registered; empty for one that nobody has registered."""
    record: dict[str, Any] = orjson.loads(one.document_json) if one.document_json else {}
    return record


async def show_asset(visit: Visit) -> Response:
    """One asset."""
    one = await asset_seen(visit, visit.request.query_params.get("id", ""))
    registry = await visit.premises.registry()
    record = document_of(one)
    shown = {**record, "asset_id": one.asset_id}
    extra = [name for name, value in record.items() if name not in _KNOWN and isinstance(value, str)]
    told = await edit_told(visit)
    context: dict[str, Any] = {
        "asset": one,
        "url": record.get("url") or "",
        "href": href(record.get("url") or ""),
        "facts": [
            (field_label("asset", name), _words(name, shown[name])) for name in (*_FACTS, *extra) if shown.get(name)
        ],
        "owner": registry.units.get(one.unit_id or ""),
        "moved_to": record.get("replaced_by") or "",
        "open": (await open_by_asset(visit.premises.ledger, [one.pk], visit.viewer.units)).get(one.pk, 0),
        "periods": period_lines(periods_for(registry, one.region, visit.now.at), registry, visit.now.at),
        "registered": one.document_json is not None,
        "may_edit": visit.viewer.may("register"),
        **told.context,
    }
    return visit.page("registry/asset.html", 200, told.headers, **context)


def _words(name: str, value: Any) -> str:
    return labelled(PLATFORM, str(value)) if name == "platform" else cell_words(name, value)
