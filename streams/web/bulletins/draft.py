"""`/bulletins/draft`: the figures of a period, fields by hand, and what it takes to issue them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from streams.presentation.bulletins.checking import contradictions
from streams.rules.intake.seal import digest
from streams.services.bulletins.figures import WantedFigures
from streams.store.bulletin_drafts import TypedDraft
from streams.web.bulletins.asked import AskedPeriod, asked_period
from streams.web.bulletins.figures import is_times, shown_figures
from streams.web.bulletins.listing import show_list
from streams.web.bulletins.typed import FIELDS, HINTS, LONG, MORE, TypedFields, draft_key, kept_fields, sent_fields
from streams.web.desk.forms import filled_in
from streams.web.desk.visits import Visit

_WRONG, _STALE, _SEE_OTHER = 422, 409, 303
STALE: Final = "您打开本页后，{0} 保存了别的内容。您填写的尚未保存，请对照下面已保存的内容改好后再保存。"
SAVED: Final = "已保存。同一期间和范围的文稿都用这些内容。"


async def show_asked(visit: Visit) -> Response:
    """The page of what the address asks for; without a moment, the address gets one: every number is as of it."""
    query = visit.request.query_params
    asked = await asked_period(visit, query.multi_items())
    if asked.wanted is None:
        return await show_list(visit, asked)
    if not query.get("as_of", "").strip():
        return RedirectResponse(f"{visit.root}bulletins/draft?{asked.address}", _SEE_OTHER)
    return await show_draft(visit, asked, asked.wanted)


async def show_draft(
    visit: Visit, asked: AskedPeriod, wanted: WantedFigures, status: int = 200, **more: Any
) -> Response:
    """The page; `more`: what is wrong with a form."""
    kept = await visit.premises.store.bulletins.typed(draft_key(wanted))
    fields = kept_fields(kept.fields if kept else "")
    found = await draft_of(visit, wanted, fields)
    zone, now = visit.premises.settings.zone, visit.now.at
    units = (await visit.premises.registry()).units
    area = units[wanted.area].name if wanted.area and wanted.area in units else wanted.area
    context: dict[str, Any] = {
        "asked": asked,
        "area": area or "全部",
        "shown": shown_figures(found, asked.address),
        "is_times": is_times,
        "document": found,
        "wrong": contradictions(found),
        "is_over": wanted.period(zone).as_of <= now,
        "is_empty": not any(row["running"] or row["checked"] for row in found["totals"]),
        "fields": FIELDS,
        "hints": HINTS,
        "long": LONG,
        "typed": fields.values,
        "more": MORE,
        "kept": kept,
        "base": digest_of(kept),
        "seen": digest(found),
        "frame": {"number": "", "date": f"{now.astimezone(zone).date()}"},
        "may_issue": visit.viewer.may("decide"),
        "alert": "",
        "errors": {},
        "other": {},
        "saved": SAVED if visit.request.query_params.get("saved") else "",
    }
    return visit.page("bulletins/draft.html", status, **{**context, **more})


async def draft_of(visit: Visit, wanted: WantedFigures, fields: TypedFields) -> Mapping[str, Any]:
    """The figures, with the fields by hand."""
    return await visit.premises.bulletins.figures(wanted.with_typed(fields.typed), visit.now.at)


def digest_of(kept: TypedDraft | None) -> str:
    """Of what was read, for the form that is made of it."""
    return digest(kept.fields if kept else "")


async def save_typed(visit: Visit) -> Response:
    """`POST /bulletins/draft`: the fields by hand."""
    sent = await filled_in(visit)
    asked = await asked_period(visit, ((name, sent.one(name)) for name in sent.fields))
    if asked.wanted is None:
        return await show_list(visit, asked)
    fields, drafts, key = sent_fields(sent), visit.premises.store.bulletins, draft_key(asked.wanted)
    if fields.errors:
        return await show_draft(visit, asked, asked.wanted, _WRONG, typed=fields.values, errors=fields.errors)
    kept = await drafts.typed(key)
    new = TypedDraft(fields.kept, visit.viewer.name, visit.now.real)
    base = kept.fields if kept else ""
    is_base = sent.one("base") == digest_of(kept) or base == new.fields
    if not is_base or not await drafts.keep(key, new, base):
        there = await drafts.typed(key)
        by = there.account if there else ""
        return await show_draft(
            visit, asked, asked.wanted, _STALE, typed=fields.values, alert=STALE.format(by),
            other=kept_fields(there.fields if there else "").values,
        )  # fmt: skip
    await visit.record("act", f"bulletin_typed {' '.join(key)}".strip(), "done")
    return RedirectResponse(f"{visit.root}bulletins/draft?{asked.address}&saved=1#typed", _SEE_OTHER)
