"""What `rectify web --serve` can serve: one row for each part, which brings its routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from fastapi import APIRouter

from streams.files.page_keys import PageKey
from streams.web.accounts.routes import accounts_router
from streams.web.api.routes import api_router
from streams.web.bulletins.routes import bulletins_router
from streams.web.calendar.routes import calendar_router
from streams.web.changes.routes import changes_router
from streams.web.feeds.routes import feeds_router
from streams.web.forms.reading import FORM_BYTES, PLAIN_BYTES
from streams.web.intake.posted import UNPACKED_BYTES
from streams.web.intake.routes import intake_router
from streams.web.links.routes import links_router
from streams.web.policy.routes import policy_router
from streams.web.premises import DESK, LINKS, Premises
from streams.web.registry.routes import registry_router
from streams.web.supervision.routes import supervision_router
from streams.web.tickets.routes import tickets_router, views_router

API_BYTES: Final = 256 * 1024  # of an act about a ticket


class WebPart(NamedTuple):
    """One part: its rooms' routes, how many bytes may be sent to them, and what signs what people do there."""

    routes: Sequence[Callable[[Premises], APIRouter]]
    prefixes: Mapping[str, int]  # of its paths: bytes of a body
    keys: tuple[PageKey, ...]
    searches: bool = False  # somebody looks for words there


PARTS: Final[Mapping[str, WebPart]] = {
    "links": WebPart((links_router,), {"/u/": FORM_BYTES}, (LINKS,)),
    "desk": WebPart(
        (
            accounts_router,
            supervision_router,
            tickets_router,
            changes_router,
            bulletins_router,
            views_router,
            registry_router,
            calendar_router,
            policy_router,
        ),
        {
            "/login": PLAIN_BYTES,
            "/account": PLAIN_BYTES,
            "/desk": PLAIN_BYTES,
            "/tickets": FORM_BYTES,
            "/bulletins": PLAIN_BYTES,
            "/views": PLAIN_BYTES,
            "/registry": FORM_BYTES,
            "/calendar": FORM_BYTES,
            "/policy": FORM_BYTES,
        },
        (DESK,),
        searches=True,
    ),
    "intake": WebPart((intake_router,), {"/intake/": UNPACKED_BYTES}, ()),
    "api": WebPart((api_router, feeds_router), {"/api/": API_BYTES}, (LINKS, DESK), searches=True),
}


def chosen(text: str) -> tuple[str, ...]:
    """The parts of a list with commas, in the order of the table; `all`: every one. Raises ValueError."""
    wanted = {name.strip() for name in text.split(",") if name.strip()}
    if wanted == {"all"}:
        return tuple(PARTS)
    unknown = sorted(wanted - set(PARTS))
    if unknown or not wanted:
        msg = f"没有这部分 · no such part: {', '.join(unknown) or text!r}; all, or some of {', '.join(PARTS)}"
        raise ValueError(msg)
    return tuple(name for name in PARTS if name in wanted)


def keys_of(parts: Sequence[str]) -> tuple[PageKey, ...]:
    """What these parts sign with."""
    return tuple(dict.fromkeys(key for name in parts for key in PARTS[name].keys))
