"""The page put together: what is asked of the ledger and the store, and handed to the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.responses import Response

from notifiers.text import clean, shorten
from streams.files.uploads.kinds import ACCEPTED
from streams.ledger.reading.links import first_problems
from streams.presentation.unit_page.acts import TITLES, Form, Possible, possible
from streams.presentation.unit_page.view import CLOCK_RUNS, LISTED_PLACES, SHOWN_PLACES, head, page
from streams.rules.commands.acts_now import acts_now
from streams.rules.state.snapshot import Now
from streams.services.links import OpenLink
from streams.services.tickets import Found, load
from streams.services.unit_acts import UNIT, unit_acts
from streams.store.store import Upload
from streams.web import templating
from streams.web.evidence import KINDS_SAID, size_words
from streams.web.links.whom import whom_to_call
from streams.web.outcomes import Became, worst
from streams.web.premises import LINKS, Premises

_REFRESH: Final = {"Refresh": "3"}
_UNITS_SHOWN: Final = 200  # in a list to choose from


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What is to be shown: which ticket, and what of an earlier submission."""

    token: str
    root: str  # from the page to the root of the address, `../`
    ticket: Found | None = None  # None: all of the link's tickets
    number: int = 1  # page of the places
    outcomes: Sequence[Became] = ()
    form: Form | None = None  # that is shown again
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    chosen: Sequence[str] = ()  # ticket ids
    kept: Sequence[Upload] = ()  # files that have come already
    typed: Sequence[tuple[str, str]] = ()  # what an earlier submission said: label, text
    alert: str = ""
    nonce: str = ""  # of the form that is shown again, so that submitting it once more is the same


async def show(premises: Premises, link: OpenLink, asked: PageRequest, now: Now, status: int = 200) -> Response:
    """The page of one ticket, or of all that the link opens."""
    context: dict[str, Any] = {
        "root": asked.root,
        "here": f"{asked.root}u/{asked.token}",
        "asked": asked,
        "nonce": asked.nonce or premises.nonces.make(asked.token, now.real),
        "who": shorten(clean(link.notice.name), 20),
        "clock_runs": CLOCK_RUNS,
        "accepted": ACCEPTED,
        "kinds_said": KINDS_SAID,
        "titles": TITLES,
        "call": await whom_to_call(premises, link),
        "state": worst(asked.outcomes) if asked.outcomes else "",
        "values": asked.values,
        "errors": asked.errors,
    }
    headers = _REFRESH if context["state"] == "pending" else None
    if asked.ticket is None:
        context |= await _list(premises, link, now)
        return templating.page("unit/list.html", status, headers, **context)
    context |= await _single(premises, link, asked.ticket, asked.number, now)
    return templating.page("unit/ticket.html", status, headers, **context)


async def _list(premises: Premises, link: OpenLink, now: Now) -> dict[str, Any]:
    registry = await premises.registry()
    problems = await first_problems(premises.ledger, [one.ticket.pk for one in link.tickets], LISTED_PLACES)
    heads = [
        head(one.ticket, one.asset, problems[one.ticket.pk], registry, premises.policy, now.at) for one in link.tickets
    ]
    acts = await unit_acts(premises.ledger, link.tickets, premises.policy, registry.zone)
    signing = [
        _act(possible(one.ticket, acts[one.ticket.ticket_id], premises.signing[LINKS].reason), "acknowledge")
        for one in link.tickets
    ]
    return {
        "unit": heads[0].unit,
        "rows": list(zip(heads, signing, strict=True)),
        "can_sign": any(act is not None and not act.reason for act in signing),
        "shown_only": premises.signing[LINKS].reason,
    }


def _act(acts: Sequence[Possible], form: Form) -> Possible | None:
    return next((act for act in acts if act.form == form), None)


async def _single(premises: Premises, link: OpenLink, found: Found, number: int, now: Now) -> dict[str, Any]:
    registry = await premises.registry()
    pages = max(1, -(-found.ticket.problem_count // SHOWN_PLACES))
    number = min(max(number, 1), pages)
    dossier = await load(premises.ledger, found, first=(number - 1) * SHOWN_PLACES, registry=registry)
    it = page(dossier, registry, premises.policy, now.at, premises.registry.day_names, number=number)
    files = await premises.store.uploads_of(found.ticket.ticket_id)
    units = sorted(
        ((unit.unit_id, unit.name) for unit in registry.units.values() if unit.unit_id != found.ticket.unit_id),
        key=lambda one: one[1],
    )
    return {
        "unit": it.head.unit,
        "it": it,
        "acts": possible(
            found.ticket,
            acts_now(found.ticket, dossier.asks, premises.policy, UNIT, registry.zone),
            premises.signing[LINKS].reason,
        ),
        "files": [(one, size_words(one.bytes)) for one in files],
        "units": units if len(units) <= _UNITS_SHOWN else [],
        "several": len(link.tickets) if len(link.tickets) > 1 else 0,
    }
