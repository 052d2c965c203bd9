"""`/views`: saved views of the list, one's own and the office's.

W-48  A view is a name for a query string of the list: of an account, or of the office, which are the accounts of one
      unit. The office's are made and deleted by those who decide there. With which view the list begins is chosen by
      everybody for oneself, otherwise by the office. What a view shows is what its reader sees (W-10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from notifiers.text import clean
from streams.services.viewers import Viewer
from streams.store.views import SavedView
from streams.web.desk.forms import filled_in
from streams.web.desk.visits import Visit
from streams.web.forms.reading import FIELDS as FIELDS_MOST
from streams.web.tickets.asked import read_asked

MOST: Final = 30  # views of a person, or of an office
_NAME: Final = 20  # characters
_QUERY: Final = 2_000
_SEE_OTHER, _WRONG, _FORBIDDEN, _NO_SUCH = 303, 422, 403, 404


@dataclass(frozen=True, slots=True)
class ShownView:
    """A view as its reader sees it."""

    view: SavedView
    of_office: bool
    is_first: bool  # the list begins with it for the reader
    may_change: bool


def _own(viewer: Viewer) -> str:
    return f"account:{viewer.name}"


def _office(viewer: Viewer) -> str:
    return f"unit:{viewer.unit_id}"


async def views_of(visit: Visit) -> list[ShownView]:
    """One's own, then the office's."""
    viewer, store = visit.viewer, visit.premises.store.views
    found = await store.of(_own(viewer), _office(viewer))
    if not found:
        return []
    first = _first(await store.firsts(), viewer)
    return [
        ShownView(
            one,
            one.holder == _office(viewer),
            one.view_id == first,
            one.holder == _own(viewer) or viewer.may("decide"),
        )
        for one in found
    ]


def _first(firsts: Mapping[str, str], viewer: Viewer) -> str:
    return firsts.get(_own(viewer)) or firsts.get(_office(viewer), "")


async def begun(visit: Visit) -> Response:
    """To the list, as it begins for the reader."""
    query = next((one.view.query for one in await views_of(visit) if one.is_first), "")
    return RedirectResponse(f"{visit.root}tickets{'?' if query else ''}{query}", _SEE_OTHER)


async def shown(visit: Visit) -> Response:
    """All that the reader has, and the form for this query."""
    return await _page(visit, visit.request.query_params.get("query", ""))


async def saved(visit: Visit) -> Response:
    """Kept, under its name; one of the same name is replaced."""
    sent = await filled_in(visit)
    query, values = sent.one("query"), {"name": clean(sent.one("name")), "scope": sent.one("scope")}
    of_office = values["scope"] == "office"
    if of_office and not visit.viewer.may("decide"):
        raise HTTPException(_FORBIDDEN)
    errors = _faults(values["name"])
    pairs = [one for one in parse_qsl(query[:_QUERY], max_num_fields=FIELDS_MOST) if one[0] != "after"]
    asked = read_asked(pairs, visit.premises.policy, await visit.premises.registry(), visit.viewer)
    if asked.faults or len(query) > _QUERY:
        errors["query"] = "这些条件不能保存，请回到台账重新筛选"
    if errors:
        return await _page(visit, query, errors, values)
    holder = _office(visit.viewer) if of_office else _own(visit.viewer)
    view = SavedView(token_hex(8), holder, values["name"], asked.address(), visit.viewer.name, visit.now.real)
    view_id = await visit.premises.store.views.save(view, MOST)
    if view_id is None:
        return await _page(visit, query, {"name": f"最多保存 {MOST} 个，请先删除不用的"}, values)
    if sent.one("first") == "1":
        await visit.premises.store.views.set_first(holder, view_id)
    await visit.record("view", view.name, "office_view_saved" if of_office else "view_saved")
    return RedirectResponse(f"{visit.root}tickets?{view.query}", _SEE_OTHER)


async def changed(visit: Visit, view_id: str) -> Response:
    """Deleted, or made the first one; or no longer so. One that the reader does not have is none."""
    sent = await filled_in(visit)
    one = next((one for one in await views_of(visit) if one.view.view_id == view_id), None)
    if one is None:
        raise HTTPException(_NO_SUCH)
    store, viewer, act = visit.premises.store.views, visit.viewer, sent.one("act")
    if act == "delete":
        if not one.may_change:
            raise HTTPException(_FORBIDDEN)
        await store.delete(view_id)
        await visit.record("view", one.view.name, "office_view_deleted" if one.of_office else "view_deleted")
    elif act in ("first", "not_first"):
        await store.set_first(_own(viewer), view_id if act == "first" else None)
    elif act in ("office_first", "not_office_first") and one.of_office and viewer.may("decide"):
        await store.set_first(_office(viewer), view_id if act == "office_first" else None)
        await visit.record("view", one.view.name, "office_view_first")
    else:
        raise HTTPException(_FORBIDDEN)
    return RedirectResponse(f"{visit.root}views", _SEE_OTHER)


def _faults(name: str) -> dict[str, str]:
    return {} if 0 < len(name) <= _NAME else {"name": f"请填写名称，不超过 {_NAME} 个字"}


async def _page(
    visit: Visit, query: str, errors: Mapping[str, str] | None = None, values: Mapping[str, str] | None = None
) -> Response:
    registry = await visit.premises.registry()
    views: Sequence[ShownView] = await views_of(visit)
    firsts = await visit.premises.store.views.firsts()

    def chips(text: str) -> str:
        pairs = parse_qsl(text[:_QUERY], max_num_fields=FIELDS_MOST)
        asked = read_asked(pairs, visit.premises.policy, registry, visit.viewer)
        return "；".join(one.words for one in asked.chips) or "全部未办结的"

    return visit.page(
        "tickets/views.html",
        _WRONG if errors else 200,
        views=[(one, chips(one.view.query)) for one in views],
        own_first=firsts.get(_own(visit.viewer), ""),
        office_first=firsts.get(_office(visit.viewer), ""),
        may_office=visit.viewer.may("decide"),
        query=query,
        words=chips(query),
        errors=errors or {},
        values=values or {},
    )
