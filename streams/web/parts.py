"""What `rectify web --serve` can serve: one row for each part, which brings its routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from fastapi import APIRouter

from streams.web.forms.reading import FORM_BYTES
from streams.web.intake.posted import UNPACKED_BYTES
from streams.web.intake.routes import intake_router
from streams.web.links.routes import links_router
from streams.web.premises import Premises


class WebPart(NamedTuple):
    """One part: its routes, and how many bytes may be sent to them."""

    routes: Callable[[Premises], APIRouter]
    prefix: str  # of its paths
    body_bytes: int


PARTS: Final[Mapping[str, WebPart]] = {
    "links": WebPart(links_router, "/u/", FORM_BYTES),
    "intake": WebPart(intake_router, "/intake/", UNPACKED_BYTES),
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
