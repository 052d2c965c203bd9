"""`/registry/units`: the tree of units; `/registry/unit`: one of them.

W-30  Of the registry a viewer sees the units, assets and producers of the own units; guarded periods and the calendar
      hold for everybody. Addresses of contacts are shown whole to those who may change them, and masked to others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from notifiers.addresses import mask_email, mask_phone
from notifiers.text import clean
from schemas.channels import CHANNEL_LABELS
from schemas.registry import Unit
from schemas.vocabulary import ROLE_LABELS
from streams.ledger import TooSlow
from streams.ledger.reading.asset_list import COUNTED
from streams.ledger.reading.last_letters import LetterEnd
from streams.ledger.reading.unit_counts import counts_of_units, open_by_asset
from streams.presentation.dates import local
from streams.presentation.labels import NOTICE, labelled
from streams.presentation.registry import field_label, headed
from streams.rules.state.owners import units_below
from streams.rules.state.snapshot import Registry
from streams.services.unit_record import KnownContact, ReachedAddress, unit_record
from streams.services.unit_tree import UnitNode, UnitTree, unit_tree
from streams.web.desk.visits import Visit
from streams.web.registry.outcome import edit_told
from streams.web.registry.standing import period_lines

FOUND: Final = 200  # units that a search shows
_NO_SUCH: Final = 404
_TEXT: Final = 200  # characters of what is looked for
_FACTS: Final = (
    "unit_id", "region", "groups", "letterhead_name", "letterhead_contact", "letterhead_phone", "letterhead_sms_sign",
)  # fmt: skip


class ReachedLine(NamedTuple):
    """An address of a contact in words."""

    channel: str
    address: str
    state: str  # of the last message there; empty: there was none
    failed: bool  # whether it did not arrive
    before: str  # the last that did not arrive, where a later one did


async def unit_seen(visit: Visit, unit_id: str) -> Unit:
    """The unit, if the viewer sees it; raises 404."""
    unit = (await visit.premises.registry()).units.get(unit_id)
    if unit is None or not visit.viewer.sees(unit_id):
        raise HTTPException(_NO_SUCH)
    return unit


async def tree_of(visit: Visit, registry: Registry, top: str = "") -> tuple[UnitTree, bool]:
    """What the viewer sees of it, and whether it was counted."""
    seen = [unit_id for unit_id in registry.units if visit.viewer.sees(unit_id)]
    wanted = units_below(registry.units, top) if top else visit.viewer.units
    try:
        counts = await counts_of_units(visit.premises.ledger, wanted, visit.now.at)
    except TooSlow:
        return unit_tree(registry.units, seen, {}, top), False
    return unit_tree(registry.units, seen, counts, top), True


async def show_tree(visit: Visit) -> Response:
    """The tree, from `unit` downward if that is given; with `q` those that are called so."""
    registry = await visit.premises.registry()
    top = visit.request.query_params.get("unit", "")
    above = await unit_seen(visit, top) if top else None
    text = clean(visit.request.query_params.get("q", ""))[:_TEXT]
    tree, counted = await tree_of(visit, registry, top)
    found = _called(tree, text) if text else []
    return visit.page(
        "registry/units.html",
        tree=tree,
        above=above,
        counted=counted,
        text=text,
        found=found[:FOUND],
        total=len(found) if text else len(tree.nodes),
        most=FOUND,
        may_edit=visit.viewer.may("register"),
    )


def _called(tree: UnitTree, text: str) -> list[UnitNode]:
    """Units of this id, or with this in their names, those whose name begins so first."""
    wanted = text.casefold()
    found = [
        node
        for unit_id, node in tree.nodes.items()
        if wanted in node.unit.name.casefold() or unit_id.casefold().startswith(wanted)
    ]
    return sorted(found, key=lambda node: (not node.unit.name.casefold().startswith(wanted), node.unit.unit_id))


async def show_unit(visit: Visit, status: int = 200, alert: str = "") -> Response:
    """One unit; `alert`: what is wrong with a report that was asked for."""
    premises = visit.premises
    unit = await unit_seen(visit, visit.request.query_params.get("id", ""))
    registry = await premises.registry()
    tree, counted = await tree_of(visit, registry, unit.unit_id)
    known = await unit_record(premises.ledger, unit, registry, visit.now.at)
    told = await edit_told(visit)
    context: dict[str, Any] = {
        "unit": unit,
        "node": tree.nodes[unit.unit_id],
        "counted": counted,
        "supervisor": _supervisor(visit, registry, unit),
        "successor": registry.units.get(unit.replaced_by or ""),
        "facts": _facts(unit),
        "contacts": [_contact(visit, number, one) for number, one in enumerate(known.contacts)],
        "assets": known.assets,
        "asset_total": str(known.asset_count) if known.asset_count <= COUNTED else f"{COUNTED}+",
        "open": await open_by_asset(premises.ledger, [one.pk for one in known.assets], visit.viewer.units),
        "periods": period_lines(known.periods, registry, visit.now.at),
        "producers": known.producers,
        "may_edit": visit.viewer.may("register"),
        "quarter": this_quarter(visit.now.at.astimezone(premises.settings.zone).date()),
        "alert": alert,
        **told.context,
    }
    return visit.page("registry/unit.html", status, told.headers, **context)


def this_quarter(today: date) -> Mapping[str, date]:
    """From its first day to today: what a report is asked for most."""
    return {"from": today.replace(month=today.month - (today.month - 1) % 3, day=1), "to": today}


def _supervisor(visit: Visit, registry: Registry, unit: Unit) -> Mapping[str, Any] | None:
    """Who supervises it: by name also where the viewer does not see that unit, for letters say so too."""
    if not unit.supervisor_id:
        return None
    found = registry.units.get(unit.supervisor_id)
    name = found.name if found else f"{unit.supervisor_id}（未登记）"
    return {"id": unit.supervisor_id, "name": name, "seen": found is not None and visit.viewer.sees(found.unit_id)}


def _facts(unit: Unit) -> list[tuple[str, str]]:
    flat = headed(unit.model_dump(mode="json", exclude_none=True, exclude={"contacts"}))
    known = [(name, flat.get(name)) for name in _FACTS]
    extra = [(name, value) for name, value in unit.extra.items() if isinstance(value, str)]
    return [
        (field_label("unit", name), "、".join(value) if isinstance(value, list) else str(value))
        for name, value in (*known, *extra)
        if value
    ]


def _contact(visit: Visit, number: int, one: KnownContact) -> dict[str, Any]:
    return {
        "number": number,
        "name": one.contact.name,
        "role": ROLE_LABELS[one.contact.role],
        "reached": [_reached(visit, address) for address in one.addresses],
        "silent": not one.contact.is_reachable,
    }


def _reached(visit: Visit, one: ReachedAddress) -> ReachedLine:
    whole = visit.viewer.may("register")
    hide = mask_email if one.channel == "email" else mask_phone
    last, failed = one.letters.last, one.letters.failed
    later = failed is not None and last is not None and failed != last
    return ReachedLine(
        f"{CHANNEL_LABELS[one.channel]}{'' if one.wanted else '（不通知）'}",
        one.address if whole else hide(one.address),
        _end(visit, last) if last else "",
        last is not None and last == failed,
        _end(visit, failed) if failed is not None and later else "",
    )


def _end(visit: Visit, one: LetterEnd) -> str:
    code = f"（{one.code}）" if one.code and one.code != "ok" else ""
    return f"{local(one.at, visit.premises.settings.zone)} {labelled(NOTICE, one.state)}{code}"


def unit_options(visit: Visit, registry: Registry) -> Sequence[tuple[str, str]]:
    """Units that the viewer sees, by name."""
    found = ((one.unit_id, one.name) for one in registry.units.values() if visit.viewer.sees(one.unit_id))
    return sorted(found, key=lambda one: (one[1], one[0]))
