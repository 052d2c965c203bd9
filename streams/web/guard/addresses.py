"""Who asks: behind proxies that we know, what the last of them says; otherwise who has connected."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.requests import Request

Networks = Sequence[IPv4Network | IPv6Network]


def client_address(peer: str, forwarded: Sequence[str], proxies: Networks) -> str:
    """The rightmost address that is not a known proxy's. `forwarded`: the values of X-Forwarded-For, as they came.

    Whoever connects directly may write anything there, so it counts only from `proxies`.
    """
    at = _read(peer)
    if at is None or not _known(at, proxies):
        return peer
    for said in reversed([part.strip() for value in forwarded for part in value.split(",")]):
        one = _read(said)
        if one is None:
            break  # not an address: whatever stands further left is nobody's word
        at = one
        if not _known(at, proxies):
            break
    return str(at)


def neighbourhood(request: Request, proxies: Networks) -> str:
    """Whose requests are counted together: an IPv4 address, or the /64 of an IPv6 one, all of which one machine has."""
    address = client_address(
        request.client.host if request.client else "", request.headers.getlist("x-forwarded-for"), proxies
    )
    at = _read(address)
    return str(IPv6Network((at.packed, 64), strict=False)) if isinstance(at, IPv6Address) else address


def is_behind(request: Request, proxies: Networks) -> bool:
    """Whether a proxy that we know has passed the request on."""
    at = _read(request.client.host if request.client else "")
    return at is not None and _known(at, proxies)


def is_here(request: Request) -> bool:
    """Whether somebody asks from this machine itself, and no proxy passes it on."""
    at = _read(request.client.host if request.client else "")
    passed_on = any(name in request.headers for name in ("x-forwarded-for", "forwarded", "via"))
    return at is not None and at.is_loopback and not passed_on


def is_encrypted(request: Request, proxies: Networks) -> bool:
    """Whether the browser speaks TLS, to us or to a proxy that we know."""
    return request.url.scheme == "https" or (
        is_behind(request, proxies) and request.headers.get("x-forwarded-proto", "").strip().lower() == "https"
    )


def _known(at: IPv4Address | IPv6Address, proxies: Networks) -> bool:
    return any(at in network for network in proxies)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
