"""Who asks: behind proxies that we know, what the last of them says; otherwise who has connected."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address


def client_address(peer: str, forwarded: Sequence[str], proxies: Sequence[IPv4Network | IPv6Network]) -> str:
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


def _known(at: IPv4Address | IPv6Address, proxies: Sequence[IPv4Network | IPv6Network]) -> bool:
    return any(at in network for network in proxies)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
