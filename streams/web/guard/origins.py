"""Whether a form was sent from a page of ours: what the browser says of it, where it says anything."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers as RequestHeaders

_NOBODYS = "null"


def is_ours(headers: RequestHeaders) -> bool:
    """By Sec-Fetch-Site, which no page can write; where there is none, by Origin, and `null` is nobody's."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or _host(origin) == headers.get("host")


def is_foreign(headers: RequestHeaders) -> bool:
    """Whether the browser says that another site has sent it; of a page without a referrer (`null`) it says nothing."""
    unsaid = "sec-fetch-site" not in headers and headers.get("origin") == _NOBODYS
    return not unsaid and not is_ours(headers)


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # an address that is none
        return ""
