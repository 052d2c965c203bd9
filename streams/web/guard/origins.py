"""Whether a form was sent from a page of ours: what the browser says of it, where it says anything."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers as RequestHeaders


def is_ours(headers: RequestHeaders) -> bool:
    """By Sec-Fetch-Site, which no page can write; where there is none, by Origin, and `null` is nobody's."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")
