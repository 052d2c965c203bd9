"""Who comes with a link: let in, told that it has ended, or that there is no such page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from streams.presentation import links
from streams.rules.state.snapshot import Now
from streams.services.links import OpenLink, open_link
from streams.web.guard.addresses import neighbourhood
from streams.web.guard.rates import Rate
from streams.web.guard.refusals import plain
from streams.web.links.words import call
from streams.web.premises import Premises
from streams.web.templating import page

_NO_SUCH, _ENDED, _TOO_OFTEN = 404, 410, 429


async def enter(premises: Premises, request: Request, token: str, rate: Rate, now: Now) -> OpenLink | Response:
    """What the link opens, or the answer for whoever may not come in.

    One page for every link that is not ours, and one for every link that has ended, with nothing of the problem.
    """
    ours = links.read(premises.keys, token) or links.read_short(premises.keys, token)
    address = neighbourhood(request, premises.settings.proxies)
    if ours is not None and not rate.allows(ours):
        return too_often()
    if ours is None and premises.rates.strangers.is_used_up(address):
        return too_often()
    opening = await open_link(premises.ledger, premises.keys, token, await premises.registry(), now.at)
    if isinstance(opening, OpenLink):
        return opening
    if opening == "unknown":
        if not premises.rates.strangers.allows(address):
            return too_often()
        return page("unit/gone.html", _NO_SUCH, root="../" * _depth(request), title="没有这个页面", call="")
    return page(
        "unit/gone.html",
        _ENDED,
        root="../" * _depth(request),
        title="链接已失效",
        call=call(premises.settings.office.letterhead.whom_to_call),
    )


def too_often() -> Response:
    """Asked too often."""
    return Response(plain(_TOO_OFTEN), _TOO_OFTEN, {"Retry-After": "60"}, "text/html; charset=utf-8")


def _depth(request: Request) -> int:
    """How far the page is below the root: addresses in pages are relative, a proxy may serve us under a folder."""
    return request.url.path.count("/") - 1
